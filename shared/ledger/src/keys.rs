//! The one place where partition and sort keys are built.
//!
//! | partition key | sort key | item |
//! |---|---|---|
//! | `PROGRAM#prg_…` | `PROGRAM` | a program |
//! | `ACCOUNT#acc_…` | `POSITION` | place, status, price and position of an account |
//! | `ACCOUNT#acc_…` | `PROFILE` | its company's data |
//! | `ACCOUNT#acc_…` | `STATUS#` version | a change of its status: who, when, why |
//! | `ACCOUNT#acc_…` | `CHANGE#` version | a change of its profile or its price: who, when, what |
//! | `MEMBERS#acc_…` | digest of the address | a person who may act for the account |
//! | `MEMBERS#acc_…` | `ADMINS` | how many members and admins the account has |
//! | `MEMBERSHIPS#`digest of an address | `acc_…` | the person's roles in an account |
//! | `CHILDREN#acc_…` | `acc_…` | a child of the account |
//! | `ENTRIES#acc_…` | 15 digits | a ledger entry, by its number |
//! | `PURCHASES#acc_…` | `pur_…` | a purchase |
//! | `QUEUE#acc_…` | `pst_…` | an order that waits to be posted together with others |
//! | `HOLDS#acc_…` | `hld_…` | a hold |
//! | `DUE#` 0 to 15 | time`#hld_…` | pointer: an open hold, by the time at which it runs out |
//! | `SETTLEMENTS#acc_…` | `stl_…` | a settlement, by the child that paid |
//! | `PAYMENTS#acc_…` | reference | a payment reference that the child has used |
//! | `IDEMPOTENCY#` name | `IDEMPOTENCY` | the effect of an idempotency key, or of a charge's `source_id` |
//! | `APPLICATIONS#acc_…` | `app_…` | an application below the account |
//! | `APPLICATIONS#prg_…` | `app_…` | pointer: every application of the program |
//! | `APPLICATIONS#prg_…#in_review` | `app_…` | pointer: applications of the program by state |
//! | `APPLICATION#app_…` | `SUBMITTED` | the first answer to a keyed application |
//! | `CLAIM#prg_…#`name`#`value | `CLAIM` | a unique name and the account that has it |
//! | `CLAIM#prg_…#`name`#`value | `app_…` | an open application that names it |
//! | `CLAIM#prg_…#`name`#`value | `acc_…` | an account with a name that need not be unique |
//! | `ALERTS#acc_…` | `POLICY` | when the account wants to hear of its quota, and who else hears of it |
//! | `NOTIFICATIONS#acc_…` | `ntf_…` | a notification in the account's inbox |
//! | `UNREAD#acc_…` | `ntf_…` | pointer: a notification that nobody has read |
//! | `MAILS#`event | digest of the address | what became of an event's mail to one recipient |
//! | `MAILED#`digest of an address | hour, `hour#acc_…`, `INVITED#hour` | how many alerts the address got in it, how many about that account, how many invitations |
//! | `MAILED#acc_…` | hour, `INVITED#hour` | how many alerts about the account went out in it, how many invitations to it |
//! | `SUPPRESSED#`digest of an address | `SUPPRESSED` | an address that mail must not go to |
//! | `ROLLUP#acc_…` | `TOTALS` | the totals over an account's children |
//! | `ROLLUP#acc_…` | `OWED` | what the account came to owe its own parent for its children |
//! | `ROLLUP#acc_…` | `acc_…` | what a child contributes to them |
//! | `NEAREST#acc_…` | status`#`percent`#acc_…` | a child, by status and whole percent left |
//! | `CHECKS#acc_…` | minute | how many registration checks the account made in it |
//! | `CHECKS#acc_…` | `chk_…` | audit of one registration check |
//!
//! Entries and purchases have partitions of their own, so that a busy account's position does not share one with them.

use std::collections::HashMap;
use std::fmt::Write as _;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    AccountId, ApplicationId, HoldId, NotificationId, PostingId, ProgramId, PurchaseId, SettlementId, Timestamp,
};
use sha2::{Digest, Sha256};

pub(crate) const PARTITION_KEY: &str = "partition_key";
pub(crate) const SORT_KEY: &str = "sort_key";

/// Digits of an entry's number in its sort key: as many as 10^15 entries need.
const SEQ_DIGITS: usize = 15;

/// The longest value that stands in a key as it is. A partition key may have 2,048 bytes.
const MAX_READABLE_BYTES: usize = 1_024;

/// Over how many partitions the pointers to open holds are spread: one takes a thousand writes a second.
pub(crate) const DUE_PARTITIONS: u64 = 16;

/// A primary key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub partition: String,
    pub sort: String,
}

impl Key {
    fn new(partition: String, sort: impl Into<String>) -> Key {
        Key { partition, sort: sort.into() }
    }

    pub fn attributes(&self) -> HashMap<String, AttributeValue> {
        HashMap::from([
            (PARTITION_KEY.to_owned(), AttributeValue::S(self.partition.clone())),
            (SORT_KEY.to_owned(), AttributeValue::S(self.sort.clone())),
        ])
    }
}

pub(crate) fn warm_up() -> HashMap<String, AttributeValue> {
    Key::new("PROGRAM#".to_owned(), "PROGRAM").attributes()
}

pub(crate) fn program(id: ProgramId) -> Key {
    Key::new(format!("PROGRAM#{id}"), "PROGRAM")
}

pub(crate) fn position(id: AccountId) -> Key {
    Key::new(format!("ACCOUNT#{id}"), "POSITION")
}

pub(crate) fn profile(id: AccountId) -> Key {
    Key::new(format!("ACCOUNT#{id}"), "PROFILE")
}

pub(crate) fn status_change(id: AccountId, version: u64) -> Key {
    Key::new(format!("ACCOUNT#{id}"), format!("STATUS#{version:0SEQ_DIGITS$}"))
}

/// `version` is the profile's after the change.
pub(crate) fn account_change(id: AccountId, version: u64) -> Key {
    Key::new(format!("ACCOUNT#{id}"), format!("CHANGE#{version:0SEQ_DIGITS$}"))
}

pub(crate) fn members(account: AccountId) -> String {
    format!("MEMBERS#{account}")
}

/// Addresses are people's: a key holds a digest.
pub(crate) fn member(account: AccountId, address: &str) -> Key {
    Key::new(members(account), address_digest(address))
}

pub(crate) fn roster(account: AccountId) -> Key {
    Key::new(members(account), "ADMINS")
}

pub(crate) fn memberships(address: &str) -> String {
    format!("MEMBERSHIPS#{}", address_digest(address))
}

pub(crate) fn membership(address: &str, account: AccountId) -> Key {
    Key::new(memberships(address), account.to_string())
}

pub(crate) fn children(parent: AccountId) -> String {
    format!("CHILDREN#{parent}")
}

pub(crate) fn child(parent: AccountId, id: AccountId) -> Key {
    Key::new(children(parent), id.to_string())
}

pub(crate) fn entries(account: AccountId) -> String {
    format!("ENTRIES#{account}")
}

pub(crate) fn entry(account: AccountId, seq: u64) -> Key {
    Key::new(entries(account), entry_sort(seq))
}

pub(crate) fn entry_sort(seq: u64) -> String {
    format!("{seq:0SEQ_DIGITS$}")
}

pub(crate) fn purchases(account: AccountId) -> String {
    format!("PURCHASES#{account}")
}

pub(crate) fn purchase(account: AccountId, id: PurchaseId) -> Key {
    Key::new(purchases(account), id.to_string())
}

/// Orders that wait, in the order in which they were asked for.
pub(crate) fn queue(account: AccountId) -> String {
    format!("QUEUE#{account}")
}

/// `posting` is the id of the posting that the order is to become.
pub(crate) fn queued(account: AccountId, posting: PostingId) -> Key {
    Key::new(queue(account), posting.to_string())
}

pub(crate) fn holds(account: AccountId) -> String {
    format!("HOLDS#{account}")
}

pub(crate) fn hold(account: AccountId, id: HoldId) -> Key {
    Key::new(holds(account), id.to_string())
}

/// Open holds by the time at which they run out, spread over [`DUE_PARTITIONS`] partitions.
pub(crate) fn due_holds(partition: u64) -> String {
    format!("DUE#{partition}")
}

pub(crate) fn due_hold(expires_at: Timestamp, id: HoldId) -> Key {
    Key::new(due_holds(id.spread(DUE_PARTITIONS)), format!("{expires_at}#{id}"))
}

pub(crate) fn settlements(account: AccountId) -> String {
    format!("SETTLEMENTS#{account}")
}

pub(crate) fn settlement(account: AccountId, id: SettlementId) -> Key {
    Key::new(settlements(account), id.to_string())
}

pub(crate) fn payment_reference(account: AccountId, reference: &str) -> Key {
    Key::new(format!("PAYMENTS#{account}"), reference)
}

pub(crate) fn idempotency(record: &str) -> Key {
    Key::new(format!("IDEMPOTENCY#{record}"), "IDEMPOTENCY")
}

pub(crate) fn applications(parent: AccountId) -> String {
    format!("APPLICATIONS#{parent}")
}

pub(crate) fn application(parent: AccountId, id: ApplicationId) -> Key {
    Key::new(applications(parent), id.to_string())
}

pub(crate) fn program_applications(program: ProgramId, status: Option<&str>) -> String {
    match status {
        Some(status) => format!("APPLICATIONS#{program}#{status}"),
        None => format!("APPLICATIONS#{program}"),
    }
}

pub(crate) fn program_application(program: ProgramId, status: Option<&str>, id: ApplicationId) -> Key {
    Key::new(program_applications(program, status), id.to_string())
}

pub(crate) fn first_answer(id: ApplicationId) -> Key {
    Key::new(format!("APPLICATION#{id}"), "SUBMITTED")
}

pub(crate) fn claims(program: ProgramId, name: &str, value: &str) -> String {
    format!("CLAIM#{program}#{name}#{}", bounded(value))
}

/// The value itself as long as a key may hold it, else a digest of it.
fn bounded(value: &str) -> String {
    if value.len() <= MAX_READABLE_BYTES {
        return value.to_owned();
    }
    format!("sha256:{}", hex_digest(value.as_bytes()))
}

fn hex_digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

pub(crate) fn claim(program: ProgramId, name: &str, value: &str) -> Key {
    Key::new(claims(program, name, value), "CLAIM")
}

pub(crate) fn account_claim(program: ProgramId, name: &str, value: &str, account: AccountId) -> Key {
    Key::new(claims(program, name, value), account.to_string())
}

pub(crate) fn rival_claim(program: ProgramId, name: &str, value: &str, application: ApplicationId) -> Key {
    Key::new(claims(program, name, value), application.to_string())
}

pub(crate) fn checks_in_minute(account: AccountId, minute: i64) -> Key {
    Key::new(format!("CHECKS#{account}"), format!("{minute}"))
}

pub(crate) fn check(account: AccountId, id: &str) -> Key {
    Key::new(format!("CHECKS#{account}"), id)
}

pub(crate) fn alert_policy(account: AccountId) -> Key {
    Key::new(format!("ALERTS#{account}"), "POLICY")
}

pub(crate) fn notifications(account: AccountId) -> String {
    format!("NOTIFICATIONS#{account}")
}

pub(crate) fn notification(account: AccountId, id: NotificationId) -> Key {
    Key::new(notifications(account), id.to_string())
}

pub(crate) fn unread(account: AccountId) -> String {
    format!("UNREAD#{account}")
}

pub(crate) fn unread_notification(account: AccountId, id: NotificationId) -> Key {
    Key::new(unread(account), id.to_string())
}

/// `event` is an event's stable id. Addresses are people's: a key holds a digest.
pub(crate) fn mail(event: &str, address: &str) -> Key {
    Key::new(format!("MAILS#{}", bounded(event)), address_digest(address))
}

pub(crate) fn mails_to(address: &str, hour: i64) -> Key {
    Key::new(format!("MAILED#{}", address_digest(address)), hour.to_string())
}

pub(crate) fn mails_about(account: AccountId, hour: i64) -> Key {
    Key::new(format!("MAILED#{account}"), hour.to_string())
}

pub(crate) fn mails_to_about(address: &str, account: AccountId, hour: i64) -> Key {
    Key::new(format!("MAILED#{}", address_digest(address)), format!("{hour}#{account}"))
}

pub(crate) fn invitations_to(address: &str, hour: i64) -> Key {
    Key::new(format!("MAILED#{}", address_digest(address)), format!("INVITED#{hour}"))
}

pub(crate) fn invitations_about(account: AccountId, hour: i64) -> Key {
    Key::new(format!("MAILED#{account}"), format!("INVITED#{hour}"))
}

pub(crate) fn suppression(address: &str) -> Key {
    Key::new(format!("SUPPRESSED#{}", address_digest(address)), "SUPPRESSED")
}

/// Two spellings of an address that differ in case only reach the same person.
fn address_digest(address: &str) -> String {
    hex_digest(address.trim().to_lowercase().as_bytes())
}

pub(crate) fn rollup(parent: AccountId) -> Key {
    Key::new(format!("ROLLUP#{parent}"), "TOTALS")
}

pub(crate) fn owed_for_children(account: AccountId) -> Key {
    Key::new(format!("ROLLUP#{account}"), "OWED")
}

pub(crate) fn contribution(parent: AccountId, child: AccountId) -> Key {
    Key::new(format!("ROLLUP#{parent}"), child.to_string())
}

pub(crate) fn nearest_children(parent: AccountId) -> String {
    format!("NEAREST#{parent}")
}

/// What the places of an account's children of one status begin with.
pub(crate) fn nearest_of_status(status: &str) -> String {
    format!("{status}#")
}

/// `rank` sorts an account's children of one status by nearness to depletion.
pub(crate) fn nearest(parent: AccountId, status: &str, rank: u32, child: AccountId) -> Key {
    Key::new(nearest_children(parent), format!("{}{rank:04}#{child}", nearest_of_status(status)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_accounts_claim_sorts_before_what_applications_do() {
        let (program, now) = (ProgramId::new(Timestamp::EPOCH, 0), Timestamp::from_unix_ms(1_790_000_000_000).unwrap());
        let (account, application) = (AccountId::new(now, u128::MAX), ApplicationId::new(Timestamp::EPOCH, 0));
        let rival = rival_claim(program, "legal_name", "KR#hanbit", application).sort;
        assert!(claim(program, "legal_name", "KR#hanbit").sort < rival);
        assert!(account_claim(program, "legal_name", "KR#hanbit", account).sort < rival);
    }

    #[test]
    fn no_value_is_too_long_for_a_key() {
        let program = ProgramId::new(Timestamp::from_unix_ms(0).unwrap(), 0);
        let long = "\u{645}".repeat(3_000);
        assert!(claims(program, "legal_name", &long).len() < 2_048);
        assert_ne!(claims(program, "legal_name", &long), claims(program, "legal_name", &long.repeat(2)));
        assert!(claims(program, "legal_name", "KR#hanbit").ends_with("KR#hanbit"));
    }
}
