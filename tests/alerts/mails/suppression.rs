//! Addresses that do not want mail, or cannot have any, get none, and hold up nobody.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::watch::until;
use tests::{Desk, Program, store};

use super::{reached_at, recipients};
use crate::listener::{Listener, at_list_price, set_policy};

/// Waits until it is known that mail must not go to an address.
async fn until_suppressed(program: &Program, address: &str) {
    let digest: String = Sha256::digest(address.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    until(async || match store::partition(program.stack(), &format!("SUPPRESSED#{digest}")).await.is_empty() {
        true => Err(format!("reports on it: {:#?}", program.events_mentioning(address).await)),
        false => Ok(()),
    })
    .await;
}

#[tokio::test]
async fn who_bounced_or_complained_gets_no_second_mail_and_a_bad_address_stops_nobody() {
    let program = Program::with(at_list_price()).await;
    let root = program.root.clone();
    let distributor = program.onboard_company(&root, &reached_at(&program, "lee@seoul.example", "ko")).await;
    // Suppression is for every program, so these addresses are of this one only. What stands after the plus does not
    // matter to the simulator of the mail service.
    let of_simulator = |name: &str| format!("{name}+{}@simulator.amazonses.com", program.id.replace('_', "."));
    let (bounce, complaint) = (of_simulator("bounce").to_lowercase(), of_simulator("complaint").to_lowercase());
    let refused = "nobody@invalid.example";
    let list = [(refused, "en"), (&bounce, "en"), (&complaint, "en"), ("ops@seoul.example", "en")];
    set_policy(&program, &distributor, &recipients(&list)).await.expect(200);

    let (desk, mut listener) = (Desk(&program), Listener::new(&program, &distributor).await);
    desk.charge(&distributor, "1.00", "a").await.expect(201);
    let heard = listener.hears(&["mailed QuotaOverdrawn"]).await;
    program.mails_of(&heard[0], &[&bounce, &complaint, "lee@seoul.example", "ops@seoul.example"]).await;
    until_suppressed(&program, &bounce).await;
    until_suppressed(&program, &complaint).await;

    // In any spelling.
    let list = [(bounce.to_uppercase(), "en"), (complaint.clone(), "ko"), (refused.to_owned(), "en")];
    let list = list.iter().map(|(address, locale)| json!({ "email": address, "locale": locale }));
    let list: Vec<_> = list.chain([json!({ "email": "ops@seoul.example", "locale": "en" })]).collect();
    set_policy(&program, &distributor, &json!({ "recipients": list })).await.expect(200);
    for (amount, source, alert) in [("-1.00", "b", "mailed QuotaReplenished"), ("2.00", "c", "mailed QuotaOverdrawn")] {
        desk.charge(&distributor, amount, source).await.expect(201);
        let heard = listener.hears(&[alert]).await;
        program.mails_of(&heard[0], &["lee@seoul.example", "ops@seoul.example"]).await;
    }
    assert_eq!(program.mails_about(&distributor).await.len(), 4 + 2 + 2);
}

/// What the mail service reports of a bounce, once it has.
async fn report(program: &Program, bounced: &str) -> Value {
    until(async || {
        let mut events = program.events_mentioning(bounced).await;
        events.retain(|event| event["detail-type"] == "Email Bounced");
        events.pop().ok_or_else(|| "no bounce".to_owned())
    })
    .await
}

#[tokio::test]
async fn a_mailbox_that_is_full_today_is_written_to_again() {
    let program = Program::with(at_list_price()).await;
    let root = program.root.clone();
    let tag = program.id.replace('_', "-").to_lowercase();
    let (contact, bounce) = (format!("lee@{tag}.example"), format!("bounce+{tag}@simulator.amazonses.com"));
    let distributor = program.onboard_company(&root, &reached_at(&program, &contact, "en")).await;
    set_policy(&program, &distributor, &recipients(&[(&bounce, "en")])).await.expect(200);
    let (desk, mut listener) = (Desk(&program), Listener::new(&program, &distributor).await);
    desk.charge(&distributor, "1.00", "a").await.expect(201);
    listener.hears(&["mailed QuotaOverdrawn"]).await;
    let report = report(&program, &bounce).await;
    let report_again = async |kind: &str, configuration: &Value, address: &str| {
        let mut detail = report["detail"].clone();
        detail["bounce"]["bounceType"] = json!(kind);
        detail["bounce"]["bouncedRecipients"][0]["emailAddress"] = json!(address);
        detail["mail"]["tags"]["ses:configuration-set"] = configuration.clone();
        let event = json!({ "source": "aws.ses", "detail-type": "Email Bounced", "detail": detail });
        program.client().anonymous().post("/_local/events").json(event).await.expect(202);
    };
    let own = &report["detail"]["mail"]["tags"]["ses:configuration-set"];
    report_again("Transient", own, &contact).await;
    // That somebody else's mail bounced is none of our business.
    report_again("Permanent", &json!(["newsletter"]), &contact).await;
    // The last one shows that those before it have been dealt with. A name may stand before the address.
    report_again("Permanent", own, &format!("Kim <gone+{contact}>")).await;
    until_suppressed(&program, &format!("gone+{contact}")).await;
    desk.charge(&distributor, "-1.00", "b").await.expect(201);
    let heard = listener.hears(&["mailed QuotaReplenished"]).await;
    program.mails_of(&heard[0], &[&contact]).await;
}
