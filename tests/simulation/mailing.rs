//! What the notifier did about each mail, for the check that says how often it may have been sent.

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::cloud::mail_of;
use crate::faults::Fault;
use crate::machine::Died;

/// One mail of one event to one recipient, by the digest of its address: as the table knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MailName {
    pub event: String,
    pub digest: String,
}

impl MailName {
    pub fn new(event: &str, address: &str) -> MailName {
        let digest = Sha256::digest(address.to_lowercase().as_bytes());
        MailName { event: event.to_owned(), digest: digest.iter().map(|byte| format!("{byte:02x}")).collect() }
    }

    /// The mail that a call of this operation is about, if it is about one.
    pub fn of_call(operation: &str, body: &Value) -> Option<MailName> {
        if operation == "SendEmail" {
            let mail = mail_of(body);
            return Some(MailName::new(&mail.event, &mail.to));
        }
        let keys = [&body["Key"], &body["TransactItems"][0]["Put"]["Item"]];
        keys.into_iter().find_map(|key| {
            let event = key["partition_key"]["S"].as_str()?.strip_prefix("MAILS#")?;
            Some(MailName { event: event.to_owned(), digest: key["sort_key"]["S"].as_str()?.to_owned() })
        })
    }
}

/// One invocation: who, and for the how many-th time.
pub type Step = (String, u64);

/// A call about a mail.
#[derive(Clone, Debug)]
struct Call {
    step: Step,
    mail: MailName,
    operation: String,
    fault: Option<Fault>,
}

/// An invocation that had messages at hand.
#[derive(Clone, Debug)]
struct Invocation {
    step: Step,
    /// Of these events, by their stable ids.
    left: BTreeSet<String>,
    has_died: bool,
}

/// All calls about mails, and all invocations of the notifier.
#[derive(Clone, Debug, Default)]
pub struct Mailings {
    calls: Vec<Call>,
    invocations: Vec<Invocation>,
}

impl Mailings {
    pub fn called(&mut self, step: Step, operation: &str, body: &Value, fault: Option<Fault>) {
        if let Some(mail) = MailName::of_call(operation, body) {
            self.calls.push(Call { step, mail, operation: operation.to_owned(), fault });
        }
    }

    /// Notes how an invocation ended that had messages at hand, given by their ids and bodies.
    pub fn ended(&mut self, step: Step, messages: &[(&str, &str)], outcome: &Result<Vec<String>, Died>) {
        let is_left = |id: &str| outcome.as_ref().map_or(true, |failed| failed.iter().any(|failed| failed == id));
        let left = messages.iter().filter(|(id, _)| is_left(id)).map(|(_, body)| event_of(body)).collect();
        self.invocations.push(Invocation { step, left, has_died: outcome.is_err() });
    }

    /// How often a mail was tried at most without anybody knowing what came of it. Each time one invocation had the event
    /// at hand, left it to be delivered again, and at this very mail something went wrong: its sending had no answer, the
    /// process ended after the mail was claimed, or the store failed where the mail was claimed or its outcome written
    /// down.
    pub fn unknown_tries(&self, mail: &MailName) -> usize {
        let tries = |invocation: &Invocation| {
            let calls = || self.calls.iter().filter(|call| call.step == invocation.step && call.mail == *mail);
            let unanswered = calls().filter(|call| call.is_sending() && call.is_unanswered()).count();
            let is_begun = calls().any(|call| call.is_sending() || call.is_written());
            let has_ended_in_between = invocation.has_died && is_begun;
            let has_store_failed = calls().any(|call| !call.is_sending() && call.fault.is_some());
            unanswered.max(usize::from(has_ended_in_between || has_store_failed))
        };
        let left = self.invocations.iter().filter(|invocation| invocation.left.contains(&mail.event));
        left.map(tries).sum()
    }
}

impl Call {
    fn is_sending(&self) -> bool {
        self.operation == "SendEmail"
    }

    /// Whether the caller cannot know if it was carried out.
    fn is_unanswered(&self) -> bool {
        matches!(self.fault, Some(Fault::Lost | Fault::Late(_) | Fault::Silent))
    }

    /// Whether it wrote something.
    fn is_written(&self) -> bool {
        self.operation == "TransactWriteItems" && self.fault.is_none_or(Fault::is_carried_out)
    }
}

/// The stable id of the event in a message.
fn event_of(body: &str) -> String {
    let event: Value = serde_json::from_str(body).expect("JSON");
    event["detail"]["id"].as_str().unwrap_or_default().to_owned()
}
