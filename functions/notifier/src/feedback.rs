//! What the mail service reports back: addresses that mail must not go to any more.

use events::Received;
use ledger::Ledger;
use serde::Deserialize;

use crate::delivery::Again;
use crate::post::EVENT_HEADER;

/// The source of the mail service's events on the account's default bus.
pub const SOURCE: &str = "aws.ses";

#[derive(Deserialize)]
struct Feedback {
    mail: Option<Mail>,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
}

#[derive(Deserialize)]
struct Mail {
    #[serde(default)]
    headers: Vec<Header>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    #[serde(default)]
    bounce_sub_type: String,
    bounced_recipients: Vec<Address>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    #[serde(default)]
    complaint_feedback_type: String,
    complained_recipients: Vec<Address>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    email_address: String,
}

impl Bounce {
    /// A mailbox that is full today may have room tomorrow. What the mail service bounced by itself, because the address is
    /// on its own list, says nothing new.
    fn is_final(&self) -> bool {
        self.bounce_type == "Permanent" && !self.bounce_sub_type.ends_with("SuppressionList")
    }
}

/// Suppresses the addresses that bounced for good or complained.
pub async fn take(ledger: &Ledger, event: &Received) -> Result<(), Again> {
    let feedback =
        Feedback::deserialize(&event.detail).map_err(|_| Again::NotUnderstood("the mail service's report"))?;
    let (reason, addresses) = match (feedback.bounce, feedback.complaint) {
        (Some(bounce), _) if bounce.is_final() => ("bounced", bounce.bounced_recipients),
        (Some(_), _) => return Ok(()),
        // Somebody took it out of the spam folder.
        (None, Some(complaint)) if complaint.complaint_feedback_type == "not-spam" => return Ok(()),
        (None, Some(complaint)) => ("complained", complaint.complained_recipients),
        (None, None) => return Err(Again::NotUnderstood("the mail service's report")),
    };
    for address in &addresses {
        ledger.suppress(bare(&address.email_address), reason, event.time).await?;
    }
    let told = feedback.mail.iter().flat_map(|mail| &mail.headers).find(|header| header.name == EVENT_HEADER);
    tracing::warn!(
        service = "notifier",
        event_id = told.map(|header| header.value.as_str()),
        reason,
        addresses = addresses.len(),
        "addresses suppressed"
    );
    Ok(())
}

/// The address alone, where a name stands before it.
fn bare(address: &str) -> &str {
    let inner = address.rsplit_once('<').map_or(address, |(_, inner)| inner);
    inner.trim_end_matches('>').trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_final_counts() {
        let is_final = |kind: &str, sub: &str| {
            Bounce { bounce_type: kind.into(), bounce_sub_type: sub.into(), bounced_recipients: Vec::new() }.is_final()
        };
        assert!(is_final("Permanent", "General") && is_final("Permanent", "NoEmail"));
        assert!(!is_final("Transient", "MailboxFull") && !is_final("Permanent", "OnAccountSuppressionList"));
    }

    #[test]
    fn names_before_an_address_are_left_out() {
        assert_eq!(bare("Kim <kim@partner.example>"), "kim@partner.example");
        assert_eq!(bare("kim@partner.example"), "kim@partner.example");
    }
}
