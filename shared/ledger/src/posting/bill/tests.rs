//! How lines become writes, and what a cancelled transaction leaves of them.

use super::*;
use crate::account_item::position;
use domain::account::Lineage;
use domain::program::Purchases;
use domain::{Account, AccountId, By, Currency, Discount, PostingId, ProgramId, Tier, Timestamp};

fn at() -> Timestamp {
    Timestamp::parse("2026-11-21T10:00:00Z").unwrap()
}

fn accounts() -> Accounts {
    let lineage = Lineage {
        id: AccountId::new(at(), 1),
        program_id: ProgramId::new(at(), 0),
        tier: Tier::Distributor,
        ancestors: Vec::new(),
        currency: Currency::parse("USD").unwrap(),
        purchases: Purchases::Partners,
    };
    let target = Account::new(lineage, Discount::NONE, at());
    Accounts { target, others: Vec::new(), records: Vec::new() }
}

fn line(source_id: &str, list_amount: &str) -> BilledLine {
    let line = UsageLine {
        list_amount: Amount::parse(list_amount, 12).unwrap(),
        source_id: source_id.to_owned(),
        service: "Object storage".to_owned(),
        period_start: at(),
        period_end: at(),
    };
    BilledLine { key: IdempotencyKey { record: source_id.to_owned(), fingerprint: list_amount.to_owned() }, line }
}

fn bill(accounts: &Accounts, lines: Vec<BilledLine>) -> Bill<'_> {
    let occasion = Occasion { posting_id: PostingId::new(at(), 2), now: at(), by: By::default() };
    Bill { target: &accounts.target.lineage, occasion, reference: "event".to_owned(), lines }
}

#[test]
fn a_full_bill_fits_into_one_transaction_and_lines_left_out_write_nothing() {
    let accounts = accounts();
    let mut lines: Vec<BilledLine> = (1..MAX_BILL_LINES).map(|at| line(&format!("line-{at}"), "0.5")).collect();
    lines.push(line("too much", "1000000000000000"));
    let bill = bill(&accounts, lines);
    let open: Vec<(usize, &BilledLine)> = bill.lines.iter().enumerate().collect();
    let planned = plan_lines(&accounts, &open);
    assert_eq!(planned.unfit.iter().map(|(index, ..)| *index).collect::<Vec<_>>(), [MAX_BILL_LINES - 1]);
    let writes = writes(&bill, &accounts, planned.plan.as_ref().unwrap(), &planned.fit);
    assert_eq!(writes.len(), MAX_BILL_LINES + 1);
    let said = words(&bill, &planned.fit);
    assert_eq!((said.reference.as_deref(), said.note.as_deref()), (Some("event"), Some("89 lines")));
    let alone = words(&bill, &planned.fit[..1]);
    assert_eq!((alone.reference.as_deref(), alone.note.as_deref()), (Some("line-1"), Some("Object storage")));
}

#[test]
fn a_record_that_stands_already_outweighs_a_position_that_has_moved_on() {
    let mut read = accounts();
    let mut moved = read.target.clone();
    moved.version += 1;
    let with = |record: Reason| vec![record, Reason::Failed(Some(position(&moved)))];
    for record in [Reason::Failed(Some(Item::new())), Reason::Failed(None), Reason::Busy] {
        assert!(matches!(cancelled(with(record), 1, &mut read).unwrap(), Cancelled::Reread));
        assert_ne!(read.target.version, moved.version);
    }
    assert!(matches!(cancelled(with(Reason::Fine), 1, &mut read).unwrap(), Cancelled::Replan));
    assert_eq!(read.target.version, moved.version);
}

#[test]
fn a_record_tells_a_repeat_from_another_line_of_the_same_name() {
    let accounts = accounts();
    let bill = bill(&accounts, vec![line("line", "1")]);
    let open: Vec<(usize, &BilledLine)> = bill.lines.iter().enumerate().collect();
    let planned = plan_lines(&accounts, &open);
    let effects = Effects {
        posting_id: bill.occasion.posting_id,
        kind: planned.plan.as_ref().unwrap().kind,
        amount: planned.fit[0].2,
        created_at: at(),
        target: accounts.target.id(),
        entries: vec![(accounts.target.id(), 1)],
        records: Vec::new(),
    };
    let record = usage_record(&bill.lines[0].key, effects, at(), &bill.lines[0].line);
    assert_eq!(counted_before(&record, &bill.lines[0].key).unwrap(), Ok(Counted::Before));
    assert_eq!(counted_before(&record, &line("line", "2").key).unwrap(), Err(Refusal::KeyReused));
    assert!(counted_before(&Item::new(), &bill.lines[0].key).is_err());
}
