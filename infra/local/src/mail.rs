//! Captured mail, and the addresses of SES's mailbox simulator.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::aws;
use crate::bus::{Announcement, Buses};
use crate::clock::Clock;
use crate::functions::random_uuid;
use crate::template::DEFAULT_BUS;

const SIMULATOR: &str = "simulator.amazonses.com";

/// A mail as the local API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Mail {
    pub(crate) to: Vec<String>,
    pub(crate) from: String,
    pub(crate) subject: String,
    pub(crate) text: Option<String>,
    pub(crate) html: Option<String>,
    pub(crate) headers: BTreeMap<String, String>,
}

/// A mail that was sent.
#[derive(Clone, Debug, Serialize)]
struct Sent {
    #[serde(flatten)]
    mail: Mail,
    /// RFC 3339.
    sent_at: String,
}

/// All mail that was sent.
#[derive(Clone)]
pub(crate) struct Mails {
    shared: Arc<Shared>,
}

struct Shared {
    configurations: Vec<String>,
    buses: Buses,
    clock: Clock,
    sent: Mutex<Vec<Sent>>,
}

/// What an address of the simulator stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feedback {
    Bounce,
    Complaint,
}

impl Mails {
    /// Mail under any of these configuration sets.
    pub(crate) fn new(configurations: Vec<String>, buses: Buses, clock: Clock) -> Mails {
        Mails { shared: Arc::new(Shared { configurations, buses, clock, sent: Mutex::default() }) }
    }

    pub(crate) fn has_configuration(&self, name: &str) -> bool {
        self.shared.configurations.iter().any(|configuration| configuration == name)
    }

    fn sent(&self) -> MutexGuard<'_, Vec<Sent>> {
        // Nothing panics while it holds the lock.
        self.shared.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Captures a mail; answers with its id. As SES does, it tells of bounces and complaints only by way of the
    /// configuration set that the mail was sent under.
    pub(crate) fn send(&self, mail: Mail, configuration: Option<&str>) -> String {
        let id = random_uuid();
        let now = self.shared.clock.now();
        self.sent().push(Sent { mail: mail.clone(), sent_at: text(now) });
        let Some(configuration) = configuration else { return id };
        for feedback in [Feedback::Bounce, Feedback::Complaint] {
            let from = mail.to.iter().filter(|address| feedback_of(address) == Some(feedback));
            let recipients: Vec<&str> = from.map(String::as_str).collect();
            if !recipients.is_empty() {
                let told = feedback.announcement(&mail, &id, (&recipients, configuration), now);
                self.shared.buses.put(DEFAULT_BUS, told);
            }
        }
        id
    }

    /// Everything that was ever sent since the start, as a JSON array.
    pub(crate) fn history(&self) -> String {
        serde_json::to_string(&*self.sent()).unwrap_or_default()
    }
}

fn text(time: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    time.format(format).unwrap_or_default()
}

/// An address may be written with a name: `Name <name@domain>`.
pub(crate) fn bare(address: &str) -> &str {
    address.rsplit_once('<').map_or(address, |(_, address)| address.trim_end_matches('>'))
}

/// The simulator takes labels as well: `bounce+anything@…`.
fn feedback_of(address: &str) -> Option<Feedback> {
    let (name, domain) = bare(address).rsplit_once('@')?;
    let name = name.split('+').next().unwrap_or_default();
    match name {
        _ if !domain.eq_ignore_ascii_case(SIMULATOR) => None,
        "bounce" => Some(Feedback::Bounce),
        "complaint" => Some(Feedback::Complaint),
        _ => None,
    }
}

impl Feedback {
    /// The event that SES publishes.
    fn announcement(
        self,
        mail: &Mail,
        message_id: &str,
        (recipients, configuration): (&[&str], &str),
        now: OffsetDateTime,
    ) -> Announcement {
        let timestamp = text(now);
        let (detail_type, event_type, name, about) = match self {
            Feedback::Bounce => {
                let bounced = |address: &&str| {
                    json!({ "emailAddress": bare(address), "action": "failed", "status": "5.1.1",
                        "diagnosticCode": "smtp; 550 5.1.1 user unknown" })
                };
                let about = json!({
                    "bounceType": "Permanent",
                    "bounceSubType": "General",
                    "bouncedRecipients": recipients.iter().map(bounced).collect::<Vec<_>>(),
                    "timestamp": timestamp,
                    "feedbackId": random_uuid(),
                });
                ("Email Bounced", "Bounce", "bounce", about)
            }
            Feedback::Complaint => {
                let complained = |address: &&str| json!({ "emailAddress": bare(address) });
                let about = json!({
                    "complainedRecipients": recipients.iter().map(complained).collect::<Vec<_>>(),
                    "complaintFeedbackType": "abuse",
                    "timestamp": timestamp,
                    "feedbackId": random_uuid(),
                });
                ("Email Complaint Received", "Complaint", "complaint", about)
            }
        };
        let mut detail = Map::new();
        detail.insert("eventType".to_owned(), json!(event_type));
        detail.insert("mail".to_owned(), described(mail, message_id, configuration, &timestamp));
        detail.insert(name.to_owned(), about);
        Announcement {
            source: "aws.ses".to_owned(),
            detail_type: detail_type.to_owned(),
            detail,
            resources: vec![aws::arn("ses", &format!("configuration-set/{configuration}"))],
            time: None,
        }
    }
}

fn described(mail: &Mail, message_id: &str, configuration: &str, timestamp: &str) -> Json {
    json!({
        "timestamp": timestamp,
        "messageId": message_id,
        "source": mail.from,
        "sendingAccountId": aws::ACCOUNT_ID,
        "destination": mail.to,
        "headersTruncated": false,
        "headers": mail.headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect::<Vec<_>>(),
        "commonHeaders": { "from": [mail.from], "to": mail.to, "subject": mail.subject, "messageId": message_id },
        "tags": { "ses:configuration-set": [configuration] },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Journal;
    use crate::queues::Queues;

    fn mails() -> (Mails, Buses) {
        let clock = Clock::default();
        let queues = Queues::new(&[], Journal::default(), clock.clone());
        let buses = Buses::new(vec![DEFAULT_BUS.to_owned()], Vec::new(), queues, clock.clone());
        (Mails::new(vec!["set".to_owned()], buses.clone(), clock), buses)
    }

    fn mail(to: &[&str]) -> Mail {
        Mail {
            to: to.iter().map(|address| (*address).to_owned()).collect(),
            from: "alerts@partner-quota.example".to_owned(),
            subject: "Low".to_owned(),
            text: Some("5 left".to_owned()),
            html: None,
            headers: BTreeMap::from([("List-Unsubscribe".to_owned(), "<https://a.example>".to_owned())]),
        }
    }

    fn events(buses: &Buses) -> Vec<Json> {
        serde_json::from_str(&buses.history()).unwrap()
    }

    #[test]
    fn mails_are_captured_in_their_order() {
        let (mails, buses) = mails();
        mails.send(mail(&["a@b.example"]), Some("set"));
        mails.send(mail(&["c@d.example", "success@simulator.amazonses.com"]), None);
        let mut sent: Vec<Json> = serde_json::from_str(&mails.history()).unwrap();
        assert_eq!(sent.len(), 2);
        let sent_at = sent[0]["sent_at"].take();
        assert!(sent_at.as_str().is_some_and(|at| at.len() == 24 && at.ends_with('Z')), "{sent_at}");
        let expected = json!({
            "to": ["a@b.example"],
            "from": "alerts@partner-quota.example",
            "subject": "Low",
            "text": "5 left",
            "html": null,
            "headers": { "List-Unsubscribe": "<https://a.example>" },
            "sent_at": null,
        });
        assert_eq!(sent[0], expected);
        assert!(events(&buses).is_empty());
    }

    #[test]
    fn the_simulator_bounces_and_complains() {
        let (mails, buses) = mails();
        let to = ["bounce@simulator.amazonses.com", "complaint+2@simulator.amazonses.com", "a@b.example"];
        let id = mails.send(mail(&to), Some("set"));
        let events = events(&buses);
        let told: Vec<_> = events.iter().map(|event| (&event["source"], &event["detail-type"])).collect();
        assert_eq!(
            told,
            [(&json!("aws.ses"), &json!("Email Bounced")), (&json!("aws.ses"), &json!("Email Complaint Received"))]
        );
        let bounce = &events[0]["detail"];
        assert_eq!(bounce["eventType"], "Bounce");
        assert_eq!(bounce["mail"]["messageId"], json!(id));
        assert_eq!(bounce["mail"]["destination"], json!(to));
        assert_eq!(bounce["bounce"]["bounceType"], "Permanent");
        assert_eq!(bounce["bounce"]["bouncedRecipients"][0]["emailAddress"], to[0]);
        assert_eq!(bounce["bounce"]["bouncedRecipients"].as_array().unwrap().len(), 1);
        let complaint = &events[1]["detail"];
        assert_eq!(complaint["complaint"]["complainedRecipients"], json!([{ "emailAddress": to[1] }]));
        assert!(mails.history().contains(to[0]), "it is captured as well");
    }

    #[test]
    fn without_a_configuration_set_nobody_is_told() {
        let (mails, buses) = mails();
        mails.send(mail(&["bounce@simulator.amazonses.com"]), None);
        assert!(events(&buses).is_empty());
        assert!(mails.has_configuration("set") && !mails.has_configuration("other"));
    }
}
