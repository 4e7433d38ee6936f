//! What the routes do.

use domain::amount::MAX_FRACTION_DIGITS;
use domain::plan::quota::{self, Adjust, MAX_REBALANCE_LINES};
use domain::{Account, AccountId, Currency, Refusal};
use edge::{Authorised, Fields, Problem, Reply, Wrong, account_id, not_negative, note, positive};
use ledger::{Accounts, Command, Draft, Ledger, Needs, Words};

/// `POST /accounts/{id}/adjustments` `{increase|decrease|set: amount, reason}`: a parent changes the account's quota.
pub async fn adjust(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let commit = request.commit()?;
    let target = request.target()?;
    let mut fields = request.fields()?;
    let adjust = read_adjust(&mut fields, target.currency);
    let reason = fields.required("reason", note);
    let (adjust, reason) = fields.finish(adjust.zip(reason))?;
    let command = Command { words: Words::note(Some(reason)), ..Command::new(target, commit, Needs::Parent) };
    let posted = ledger
        .post(&command, |accounts| quota::adjustment(accounts.parent()?, &accounts.target, adjust).map(Draft::from))
        .await?;
    Reply::posted(&posted, &request.viewer()?)
}

/// One of `increase`, `decrease` and `set`. All of a balance can be named by a decrease, so that takes more digits.
fn read_adjust(fields: &mut Fields, currency: Currency) -> Option<Adjust> {
    let named = ["increase", "decrease", "set"].into_iter().filter(|name| fields.has(name)).count();
    let digits = currency.minor_digits();
    let increase = fields.optional("increase", positive(digits));
    let decrease = fields.optional("decrease", positive(MAX_FRACTION_DIGITS));
    let set = fields.optional("set", not_negative(digits));
    if named != 1 {
        fields.wrong("increase", Wrong::new("one_of", "or decrease or set is required, and only one of them"));
        return None;
    }
    match (increase?, decrease?, set?) {
        (Some(amount), ..) => Some(Adjust::Increase(amount)),
        (_, Some(amount), _) => Some(Adjust::Decrease(amount)),
        (.., Some(amount)) => Some(Adjust::Set(amount)),
        (None, None, None) => None,
    }
}

/// `POST /accounts/{id}/rebalances` `{lines: [{account_id, increase|decrease|set}], reason}`: the account changes the quota
/// of several direct children at once, all or nothing.
pub async fn rebalance(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let commit = request.commit()?;
    let target = request.target()?;
    let mut fields = request.fields()?;
    let lines = fields.objects("lines", MAX_REBALANCE_LINES, |line| {
        let id = line.required("account_id", account_id);
        id.zip(read_adjust(line, target.currency))
    });
    let reason = fields.required("reason", note);
    if let Some(lines) = &lines {
        refuse_repeated(&mut fields, lines);
    }
    let (lines, reason) = fields.finish(lines.zip(reason))?;
    let children = Needs::Children(lines.iter().map(|(id, _)| *id).collect());
    let command = Command { words: Words::note(Some(reason)), ..Command::new(target, commit, children) };
    let posted = ledger.post(&command, |accounts| draft_rebalance(&lines, accounts)).await?;
    Reply::posted(&posted, &request.viewer()?)
}

fn refuse_repeated(fields: &mut Fields, lines: &[(AccountId, Adjust)]) {
    for (index, (id, _)) in lines.iter().enumerate() {
        if lines.iter().take(index).any(|(other, _)| other == id) {
            let name = format!("lines[{index}].account_id");
            fields.wrong(&name, Wrong::new("repeated", "stands in an earlier line already"));
        }
    }
}

fn draft_rebalance(lines: &[(AccountId, Adjust)], accounts: &Accounts) -> Result<Draft, Refusal> {
    let child = |id: AccountId| accounts.others.iter().find(|child| child.id() == id);
    let lines: Vec<(Option<&Account>, Adjust)> = lines.iter().map(|(id, adjust)| (child(*id), *adjust)).collect();
    quota::rebalance(&accounts.target, &lines).map(Draft::from)
}
