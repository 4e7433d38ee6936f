//! Plays a history on a program and on the model, and compares after every step.

use fastrand::Rng;
use local::Stack;
use serde_json::{Value, json};
use tests::Answer;

use crate::command::Command;
use crate::compare::{Difference, Lens, same};
use crate::finish;
use crate::rules::{Posting, Record, Refusal, Verdict, carry_out, decide, expiry};
use crate::session::{Request, Session};
use crate::step::{Mode, Op, Pick, Step};
use crate::world::{AccountAt, HoldState, Status, World};

/// More accounts than this are not opened in one history.
const MOST_ACCOUNTS: usize = 16;

/// Where a history and the model part.
#[derive(Clone, Debug)]
pub struct Failure {
    /// How many steps it took, this one included.
    pub steps: usize,
    pub message: String,
}

/// What was accepted under a key.
struct Accepted {
    request: Request,
    key: Option<String>,
    body: Value,
}

struct Player {
    session: Session,
    world: World,
    accepted: Vec<Accepted>,
    requests: usize,
}

/// Plays the steps on a tree drawn from `seed`. Answers with the number of ledger requests.
pub async fn play(stack: &'static Stack, seed: u64, steps: &[Step]) -> Result<usize, Failure> {
    let (session, world) = Session::begin(stack, &mut Rng::with_seed(seed)).await;
    let mut player = Player { session, world, accepted: vec![], requests: 0 };
    for (at, step) in steps.iter().enumerate() {
        let played = player.step(at, step).await;
        played.map_err(|difference| Failure { steps: at + 1, message: format!("{step:?}\n{difference}") })?;
        player.world.check();
    }
    let end = finish::check(&player.session, &player.world).await;
    end.map_err(|difference| Failure { steps: steps.len(), message: format!("at the end: {difference}") })?;
    Ok(player.requests)
}

impl Player {
    async fn step(&mut self, at: usize, step: &Step) -> Result<(), Difference> {
        match step.op {
            Op::Open { parent } => self.open(parent).await,
            Op::Advance { hours } => self.advance(hours).await?,
            Op::Repeat { accepted } => self.repeat(accepted).await?,
            Op::Reuse { accepted } => self.reuse(accepted).await?,
            _ => {
                if let Some(command) = step.command(&self.world, at) {
                    self.command(step, &command).await?;
                }
            }
        }
        Ok(())
    }

    async fn open(&mut self, parent: Pick) {
        let world = &self.world;
        let is_active = |at: AccountAt| world.accounts[at].status == Status::Active;
        let may_open = |at: &AccountAt| {
            world.accounts[*at].depth < 3 && is_active(*at) && world.ancestors(*at).into_iter().all(is_active)
        };
        let parents: Vec<AccountAt> = (0..world.accounts.len()).filter(may_open).collect();
        if parents.is_empty() || world.accounts.len() >= MOST_ACCOUNTS {
            return;
        }
        let (parent, seed) = (parents[parent % parents.len()], parent as u64);
        self.session.open(&mut self.world, parent, &mut Rng::with_seed(seed)).await;
    }

    async fn command(&mut self, step: &Step, command: &Command) -> Result<(), Difference> {
        let request = self.session.request(&self.world, command, step.by_parent);
        let verdict = decide(&self.world, command);
        let is_posting = !matches!(command, Command::Suspend { .. } | Command::Reinstate { .. });
        let has_key = is_posting && !matches!(command, Command::Charge { .. });
        // A former line of a bill is compared when it is recorded, not when it is previewed.
        let is_repeat = matches!(verdict, Verdict::Replayed)
            || matches!(&verdict, Verdict::Refused(refusals) if refusals[0].code == "idempotency_key_reused");
        let mode = if is_posting && !is_repeat { step.mode } else { Mode::Plain };
        let is_preview = mode == Mode::Preview;
        // A refusal leaves a key free, so the next request takes it.
        let key = (has_key && !is_preview).then(|| format!("{}-{}", self.session.program.id, self.accepted.len()));
        let mut call = self.session.call(&request, if is_preview { "?preview=true" } else { "" });
        if let Some(key) = &key {
            call = call.key(key);
        }
        let seq = self.target_seq(command);
        let verdict = match mode {
            Mode::Plain | Mode::Preview => verdict,
            Mode::Matching => {
                call = call.if_match(seq);
                verdict
            }
            Mode::NotMatching => {
                call = call.if_match(seq + 1);
                elsewhere(verdict)
            }
        };
        let answer = call.await;
        self.requests += 1;
        let compared = self.compare(&answer, request.actor, &verdict, is_preview);
        compared.map_err(|difference| format!("{difference}\n{command:?}\n{answer}"))?;
        if !is_preview {
            self.take_over(&answer, verdict, request, key);
        }
        Ok(())
    }

    fn target_seq(&self, command: &Command) -> usize {
        let account = match command {
            Command::Capacity { .. } => 0,
            Command::Allocation { child, .. }
            | Command::Adjustment { child, .. }
            | Command::Settlement { child, .. } => *child,
            Command::Rebalance { parent, .. } => *parent,
            Command::Purchase { account, .. }
            | Command::Charge { account, .. }
            | Command::Hold { account, .. }
            | Command::Suspend { account, .. }
            | Command::Reinstate { account, .. }
            | Command::Closure { account, .. } => *account,
            Command::Capture { hold, .. } | Command::Release { hold } => self.world.holds[*hold].account,
            Command::Refund { purchase, .. } => self.world.purchases[*purchase].account,
            Command::Reversal { settlement } => self.world.settlements[*settlement].account,
        };
        self.world.accounts[account].seq()
    }

    fn compare(
        &self,
        answer: &Answer,
        viewer: Option<AccountAt>,
        verdict: &Verdict,
        is_preview: bool,
    ) -> Result<(), Difference> {
        let lens = Lens { world: &self.world, names: &self.session.names, viewer };
        match verdict {
            Verdict::Posted(posting) => lens.posted(answer, posting, is_preview),
            Verdict::Refused(refusals) => lens.refused(answer, refusals),
            Verdict::Replayed => {
                same("status of a repeated line", &answer.status, &201)?;
                same("a replay", &answer.is_replayed(), &true)
            }
            Verdict::Standing { status, .. } => {
                same("status", &answer.status, &200)?;
                same("status of the account", &answer.json()["status"], &name(*status))
            }
        }
    }

    /// Makes the model's state that of the product.
    fn take_over(&mut self, answer: &Answer, verdict: Verdict, request: Request, key: Option<String>) {
        match verdict {
            Verdict::Posted(posting) => {
                let body = answer.json();
                remember(&mut self.session, &posting, &body);
                carry_out(&mut self.world, &posting);
                self.accepted.push(Accepted { request, key, body });
            }
            Verdict::Standing { account, status } => self.world.accounts[account].status = status,
            Verdict::Refused(_) | Verdict::Replayed => {}
        }
    }

    /// The same request with the same key has the same answer and no effect, whatever has happened since.
    async fn repeat(&mut self, accepted: Pick) -> Result<(), Difference> {
        let Some(at) = accepted.checked_rem(self.accepted.len()) else { return Ok(()) };
        let Accepted { request, key, body } = &self.accepted[at];
        let mut call = self.session.call(request, "");
        if let Some(key) = key {
            call = call.key(key);
        }
        let answer = call.await;
        self.requests += 1;
        same("status", &answer.status, &201)
            .and_then(|()| same("a replay", &answer.is_replayed(), &true))
            .and_then(|()| same("the first answer", &answer.json(), body))
            .map_err(|difference| format!("{difference}\n{answer}"))
    }

    /// Another request with the same key is refused.
    async fn reuse(&mut self, accepted: Pick) -> Result<(), Difference> {
        let Some(at) = accepted.checked_rem(self.accepted.len()) else { return Ok(()) };
        let Accepted { request, key, .. } = &self.accepted[at];
        let (Some(key), Some(other)) = (key, another(request)) else { return Ok(()) };
        let answer = self.session.call(&other, "").key(key).await;
        self.requests += 1;
        let reused = Refusal { status: 422, code: "idempotency_key_reused", ..Refusal::default() };
        let lens = Lens { world: &self.world, names: &self.session.names, viewer: request.actor };
        lens.refused(&answer, &[reused]).map_err(|difference| format!("{difference}\n{answer}"))
    }

    /// Moves the clock on and waits until every hold whose time has come is given back.
    async fn advance(&mut self, hours: u8) -> Result<(), Difference> {
        let body = json!({ "advance_seconds": u32::from(hours) * 3_600 });
        let answer = self.session.program.client().anonymous().post("/_local/clock").json(&body).await;
        if answer.status >= 300 {
            return Err(format!("the clock does not move\n{answer}"));
        }
        self.session.forget_tokens();
        self.world.hour += u32::from(hours);
        let is_due = |at: &usize| {
            let hold = &self.world.holds[*at];
            hold.state == HoldState::Open && hold.expires_at_hour < self.world.hour
        };
        let due: Vec<usize> = (0..self.world.holds.len()).filter(is_due).collect();
        let mut accounts: Vec<AccountAt> = due.iter().map(|at| self.world.holds[*at].account).collect();
        accounts.sort_unstable();
        accounts.dedup();
        for account in accounts {
            let of_it = due.iter().copied().filter(|at| self.world.holds[*at].account == account).collect();
            self.expire(account, of_it).await?;
        }
        Ok(())
    }

    /// Several holds of one account may expire in any order.
    async fn expire(&mut self, account: AccountAt, mut due: Vec<usize>) -> Result<(), Difference> {
        let entries =
            finish::entries_after(&self.session, account, self.world.accounts[account].seq(), due.len()).await;
        for entry in &entries {
            let is_it = |hold: &usize| {
                let amount = expiry(&self.world, *hold).amount.show(self.world.minor);
                entry["kind"] == "expiry" && entry["amount"] == amount
            };
            let Some(at) = due.iter().position(is_it) else {
                return Err(format!("no hold of account {account} expires like this: {entry:#}"));
            };
            let posting = expiry(&self.world, due.swap_remove(at));
            carry_out(&mut self.world, &posting);
        }
        same("holds that are left", &due.len(), &0)
    }
}

/// Notes the names of what a posting made.
pub fn remember(session: &mut Session, posting: &Posting, body: &Value) {
    let named = |field: &str| body[field].as_str().unwrap_or_else(|| panic!("no {field}: {body:#}")).to_owned();
    let names = &mut session.names;
    match posting.record {
        Record::Bought(_) | Record::Captured { .. } => names.purchases.push(named("purchase_id")),
        Record::Held(_) => names.holds.push(named("hold_id")),
        Record::Settled { .. } => names.settlements.push(named("settlement_id")),
        _ => {}
    }
}

/// The verdict when the caller expects another position than there is.
fn elsewhere(verdict: Verdict) -> Verdict {
    let changed = Refusal { status: 409, code: "position_changed", ..Refusal::default() };
    match verdict {
        Verdict::Refused(mut refusals) => {
            refusals.push(changed);
            Verdict::Refused(refusals)
        }
        _ => Verdict::Refused(vec![changed]),
    }
}

/// A valid request to the same path that differs.
fn another(request: &Request) -> Option<Request> {
    let mut other = request.clone();
    let fields = other.body.as_object_mut()?;
    let (name, value) = ["reason", "product", "method"]
        .into_iter()
        .find(|name| fields.contains_key(*name))
        .map(|name| (name, json!("Something else")))
        .or_else(|| fields.contains_key("amount").then(|| ("note", json!("Something else"))))?;
    fields.insert(name.to_owned(), value);
    Some(other)
}

pub fn name(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Suspended { .. } => "suspended",
        Status::Closed => "closed",
    }
}
