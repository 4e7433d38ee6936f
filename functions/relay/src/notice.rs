//! Which events a committed change becomes.

use std::collections::HashMap;

use domain::account::Status;
use domain::alert::{Alert, AlertPolicy, crossings};
use domain::amount::OutOfRange;
use domain::application::{Application, ApplicationStatus, Step};
use domain::{Account, AccountId, Amount, By, Entry, EventType, Figures, ProgramId, Timestamp};
use events::{AlertData, Event};
use ledger::Change;
use serde_json::{Map, Value, json};

use crate::event_id::event_id;
use crate::invitation::invitation;

/// The policies of the accounts of a batch; an account that is not in it has the default one.
pub type Policies = HashMap<AccountId, AlertPolicy>;

/// The account whose thresholds a change may cross.
pub fn watched(change: &Change) -> Option<AccountId> {
    match change {
        Change::Account { before: Some(before), after } if before.figures != after.figures => Some(after.id()),
        Change::Account { .. }
        | Change::Entry { .. }
        | Change::Application { .. }
        | Change::Member(_)
        | Change::Status { .. } => None,
    }
}

/// The events of a change, in their order. `at` stands in where a change does not carry its own time.
///
/// # Errors
/// [`OutOfRange`] when a threshold's level cannot be computed.
pub fn events_of(change: &Change, policies: &Policies, at: Timestamp) -> Result<Vec<Event>, OutOfRange> {
    match change {
        Change::Entry { entry, program_id, parent_id } => {
            Ok(posting(entry, *program_id, *parent_id).into_iter().collect())
        }
        Change::Account { before: Some(before), after } => alerts(before, after, policies, at),
        // A new account has an empty position.
        Change::Account { before: None, .. } => Ok(Vec::new()),
        Change::Application { before, after } => Ok(steps(before.as_deref(), after)),
        Change::Member(invited) => Ok(vec![invitation(invited)]),
        Change::Status { account_id, program_id, parent_id, version, status, by: who, reason, at } => Ok(vec![Event {
            id: event_id(*at, &[&account_id.to_string(), &version.to_string(), status.name()]),
            event_type: match status {
                Status::Active => EventType::AccountReinstated,
                Status::Suspended => EventType::AccountSuspended,
                Status::Closed => EventType::AccountClosed,
            },
            occurred_at: *at,
            program_id: *program_id,
            account_id: Some(*account_id),
            parent_id: *parent_id,
            data: json!({"status": status.name(), "reason": reason, "by": by(who)}),
        }]),
    }
}

/// A child's or an account's own entry; the parent's twin of a child's entry tells nothing new.
fn posting(entry: &Entry, program_id: ProgramId, parent_id: Option<AccountId>) -> Option<Event> {
    let event_type = EventType::of_posting(entry.kind)?;
    if entry.is_twin_of_childs() {
        return None;
    }
    Some(Event {
        id: entry.id.to_string(),
        event_type,
        occurred_at: entry.created_at,
        program_id,
        account_id: Some(entry.account_id),
        parent_id,
        data: json!({
            "id": entry.id.to_string(),
            "seq": entry.seq,
            "posting_id": entry.posting_id.to_string(),
            "kind": entry.kind.name(),
            "currency": entry.currency.code(),
            "amount": entry.amount.show(entry.currency),
            "deltas": figures(entry, &entry.deltas, |delta| !delta.is_zero()),
            "after": figures(entry, &entry.after, |_| true),
            "by": by(&entry.by),
            "reference": entry.reference,
            "note": entry.note,
            "created_at": entry.created_at.to_string(),
        }),
    })
}

/// Without what is owed upstream: prices above an account are not for everybody who listens.
fn figures(entry: &Entry, figures: &Figures, is_told: impl Fn(Amount) -> bool) -> Value {
    let told = figures.named().into_iter().filter(|(_, figure)| is_told(*figure));
    Value::Object(
        told.map(|(name, figure)| (name.to_owned(), json!(figure.show(entry.currency)))).collect::<Map<_, _>>(),
    )
}

fn by(by: &By) -> Value {
    json!({"account_id": by.account_id.map(|id| id.to_string()), "sub": by.sub})
}

/// One event a type; the gravest, which comes first, is the one to be mailed.
fn alerts(before: &Account, after: &Account, policies: &Policies, at: Timestamp) -> Result<Vec<Event>, OutOfRange> {
    let default = AlertPolicy::default();
    let policy = policies.get(&after.id()).unwrap_or(&default);
    let raised = crossings(&before.figures, &after.figures, &policy.thresholds())?;
    let occurred_at = after.last_entry_at.unwrap_or(at);
    Ok(raised
        .into_iter()
        .enumerate()
        .map(|(index, alert)| {
            let data = AlertData {
                notify: index == 0,
                seq: after.seq,
                currency: after.currency(),
                granted: after.figures.granted,
                available: after.figures.available,
                crossed: match alert {
                    Alert::ThresholdCrossed { threshold, level } => Some((threshold, level)),
                    Alert::Depleted | Alert::Overdrawn | Alert::Replenished => None,
                },
            };
            let event_type = alert.event_type();
            Event {
                id: event_id(occurred_at, &[&after.id().to_string(), &after.version.to_string(), event_type.name()]),
                event_type,
                occurred_at,
                program_id: after.lineage.program_id,
                account_id: Some(after.id()),
                parent_id: after.lineage.parent(),
                data: data.to_value(&after.figures),
            }
        })
        .collect())
}

/// One event a step that the history has gained, and the account's activation after its approval.
fn steps(before: Option<&Application>, after: &Application) -> Vec<Event> {
    let known = before.map_or(0, |before| before.history.len());
    let gained = after.history.iter().enumerate().skip(known);
    let mut events: Vec<Event> = gained
        .filter_map(|(index, step)| Some(application(after, index, step, step_type(step)?, decision(after, step))))
        .collect();
    let is_approved = after.status == ApplicationStatus::Approved;
    if let Some((index, step)) = after.history.iter().enumerate().skip(known).last().filter(|_| is_approved) {
        events.push(application(after, index, step, EventType::AccountActivated, activation(after)));
    }
    events
}

/// A step into review that nobody took is the automatic verification handing over: no decision.
fn step_type(step: &Step) -> Option<EventType> {
    match step.status {
        ApplicationStatus::Submitted => Some(EventType::ApplicationSubmitted),
        ApplicationStatus::InReview if step.by.sub.is_none() => None,
        ApplicationStatus::InReview
        | ApplicationStatus::InfoRequested
        | ApplicationStatus::Approved
        | ApplicationStatus::Rejected
        | ApplicationStatus::Withdrawn => Some(EventType::ApplicationDecided),
    }
}

fn application(after: &Application, index: usize, step: &Step, event_type: EventType, data: Value) -> Event {
    Event {
        id: event_id(step.at, &[&after.id.to_string(), &index.to_string(), event_type.name()]),
        event_type,
        occurred_at: step.at,
        program_id: after.program_id,
        account_id: after.account_id,
        parent_id: Some(after.parent.id),
        data,
    }
}

fn decision(application: &Application, step: &Step) -> Value {
    let company = &application.company;
    json!({
        "application_id": application.id.to_string(),
        "tier": application.tier.map(|tier| tier.name()),
        "status": step.status.name(),
        "reason": step.reason,
        "by": by(&step.by),
        "pending_with": application.pending_with().map(|id| id.to_string()),
        "legal_name": company.legal_name,
        "country": company.country,
        "console_account_id": company.console_account_id,
        "registration_number": company.registration_number,
    })
}

/// With the contact, so that it can be invited.
fn activation(application: &Application) -> Value {
    let company = &application.company;
    json!({
        "application_id": application.id.to_string(),
        "tier": application.tier.map(|tier| tier.name()),
        "legal_name": company.legal_name,
        "country": company.country,
        "console_account_id": company.console_account_id,
        "locale": company.locale,
        "contact": {"name": company.contact.name, "email": company.contact.email, "phone": company.contact.phone},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::account::{Lineage, Tier};
    use domain::alert::Threshold;
    use domain::program::Purchases;
    use domain::{Currency, Discount, EntryId, Kind, PostingId};

    fn amount(text: &str) -> Amount {
        Amount::parse(text, 12).unwrap()
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_unix_ms(ms).unwrap()
    }

    fn account(granted: &str, available: &str, version: u64) -> Box<Account> {
        let provider = Lineage {
            id: AccountId::new(at(0), 1),
            program_id: ProgramId::new(at(0), 0),
            tier: Tier::Provider,
            ancestors: Vec::new(),
            currency: Currency::parse("USD").unwrap(),
            purchases: Purchases::Partners,
        };
        let lineage = provider.child(AccountId::new(at(0), 2)).unwrap();
        let mut account = Account::new(lineage, Discount::new(amount("0.2")).unwrap(), at(0));
        account.version = version;
        account.seq = version;
        account.last_entry_at = Some(at(5_000));
        account.figures.granted = amount(granted);
        account.figures.available = amount(available);
        account.figures.allocated = amount(granted).minus(amount(available)).unwrap();
        Box::new(account)
    }

    fn told(before: &str, after: &str, policies: &Policies) -> Vec<(EventType, bool, String)> {
        let change = Change::Account { before: Some(account("100", before, 1)), after: account("100", after, 2) };
        let events = events_of(&change, policies, at(9_000)).unwrap();
        events.iter().map(|event| (event.event_type, event.data["notify"] == true, event.id.clone())).collect()
    }

    fn entry(kind: Kind, deltas: Figures) -> Change {
        let id = AccountId::new(at(0), 2);
        let entry = Entry {
            id: EntryId::new(at(5_000), 3),
            account_id: id,
            seq: 4,
            posting_id: PostingId::new(at(5_000), 3),
            kind,
            currency: Currency::parse("USD").unwrap(),
            amount: amount("10"),
            after: deltas.clone(),
            deltas,
            by: By { account_id: Some(id), sub: Some("kim".into()) },
            reference: Some("PO-1".into()),
            note: None,
            created_at: at(5_000),
        };
        Change::Entry { entry: Box::new(entry), program_id: ProgramId::new(at(0), 0), parent_id: Some(id) }
    }

    #[test]
    fn the_gravest_alert_is_the_one_to_be_mailed() {
        let events = told("30", "-1", &Policies::new());
        let types: Vec<_> = events.iter().map(|(event_type, notify, _)| (*event_type, *notify)).collect();
        let expected = [
            (EventType::QuotaOverdrawn, true),
            (EventType::QuotaDepleted, false),
            (EventType::QuotaThresholdCrossed, false),
        ];
        assert_eq!(types, expected);
    }

    #[test]
    fn the_same_change_makes_the_same_ids() {
        let (once, again) = (told("30", "0", &Policies::new()), told("30", "0", &Policies::new()));
        assert_eq!(once, again);
        assert!(once.iter().all(|(.., id)| id.starts_with("evt_")));
        assert_ne!(once[0].2, once[1].2);
    }

    #[test]
    fn an_accounts_own_policy_takes_the_place_of_the_default() {
        let own = AlertPolicy { thresholds: Some(vec![Threshold::Amount(amount("50"))]), recipients: Vec::new() };
        let policies = Policies::from([(AccountId::new(at(0), 2), own)]);
        assert_eq!(told("60", "45", &policies)[0].0, EventType::QuotaThresholdCrossed);
        assert!(told("30", "15", &policies).is_empty());
        assert_eq!(told("30", "15", &Policies::new()).len(), 1);
    }

    #[test]
    fn a_posting_is_told_once_and_without_what_is_owed_upstream() {
        let child = Figures { granted: amount("10"), available: amount("10"), ..Figures::zero(2) };
        let parent = Figures { allocated: amount("10"), available: amount("-10"), ..Figures::zero(1) };
        let events = |deltas| events_of(&entry(Kind::Allocation, deltas), &Policies::new(), at(0)).unwrap();
        assert!(events(parent).is_empty());
        let event = &events(child)[0];
        assert_eq!(event.event_type, EventType::QuotaAllocated);
        assert_eq!(event.id, EntryId::new(at(5_000), 3).to_string());
        assert_eq!(event.data["deltas"], json!({"granted": "10.00", "available": "10.00"}));
        assert_eq!(event.data["after"].get("upstream"), None);
        let closure = entry(Kind::Closure, Figures { upstream: vec![amount("1")], ..Figures::zero(1) });
        assert!(events_of(&closure, &Policies::new(), at(0)).unwrap().is_empty());
    }

    #[test]
    fn every_kind_of_posting_but_a_closure_has_its_event() {
        for kind in Kind::ALL {
            let deltas = Figures { granted: amount("1"), paid: amount("1"), ..Figures::zero(0) };
            let events = events_of(&entry(kind, deltas), &Policies::new(), at(0)).unwrap();
            assert_eq!(events.len(), usize::from(kind != Kind::Closure), "{kind:?}");
        }
    }

    #[test]
    fn a_change_without_a_movement_of_quota_raises_nothing() {
        let change = Change::Account { before: Some(account("100", "0", 1)), after: account("100", "0", 2) };
        assert_eq!(watched(&change), None);
        assert!(events_of(&change, &Policies::new(), at(0)).unwrap().is_empty());
    }

    #[test]
    fn a_status_is_told_with_its_reason() {
        let change = Change::Status {
            account_id: AccountId::new(at(0), 2),
            program_id: ProgramId::new(at(0), 0),
            parent_id: None,
            version: 7,
            status: Status::Suspended,
            by: By::default(),
            reason: Some("late".into()),
            at: at(1),
        };
        let events = events_of(&change, &Policies::new(), at(0)).unwrap();
        assert_eq!((events[0].event_type, &events[0].data["reason"]), (EventType::AccountSuspended, &json!("late")));
    }
}
