//! What the mail service reports back: addresses that mail must not go to any more.

use events::Received;
use ledger::Ledger;
use serde::Deserialize;

use crate::delivery::Again;

/// The source of the mail service's events on the account's default bus.
pub const SOURCE: &str = "aws.ses";

#[derive(Deserialize)]
struct Feedback {
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    bounced_recipients: Vec<Address>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complained_recipients: Vec<Address>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    email_address: String,
}

/// Suppresses the addresses that bounced for good or complained. A mailbox that is full today may have room tomorrow: what
/// bounced for the time being is left alone.
pub async fn take(ledger: &Ledger, event: &Received) -> Result<(), Again> {
    let feedback =
        Feedback::deserialize(&event.detail).map_err(|_| Again::NotUnderstood("the mail service's report"))?;
    let (reason, addresses) = match (feedback.bounce, feedback.complaint) {
        (Some(bounce), _) if bounce.bounce_type == "Permanent" => ("bounced", bounce.bounced_recipients),
        (Some(_), _) => return Ok(()),
        (None, Some(complaint)) => ("complained", complaint.complained_recipients),
        (None, None) => return Err(Again::NotUnderstood("the mail service's report")),
    };
    for address in &addresses {
        ledger.suppress(bare(&address.email_address), reason, event.time).await?;
    }
    tracing::warn!(
        service = "notifier",
        event_id = event.id,
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
    fn names_before_an_address_are_left_out() {
        assert_eq!(bare("Kim <kim@partner.example>"), "kim@partner.example");
        assert_eq!(bare("kim@partner.example"), "kim@partner.example");
    }
}
