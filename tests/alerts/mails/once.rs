//! The same event, however often it is delivered, is told once.

use serde_json::{Value, json};
use tests::program::items;
use tests::{Answer, Desk, Program, company};

use super::{name, reached_at};
use crate::listener::{Listener, at_list_price};

/// How often an event is delivered once more.
const REPEATS: usize = 3;

/// Puts an event that the bus has shown on the bus again, as a second delivery has it: under another id of the bus.
async fn deliver_again(program: &Program, event: &Value) -> Answer {
    let copy = json!({ "source": event["source"], "detail-type": event["detail-type"], "detail": event["detail"] });
    program.client().anonymous().post("/_local/events").json(copy).await
}

#[tokio::test]
async fn an_event_that_is_delivered_again_sends_and_notifies_nothing_more() {
    let program = Program::with(company::with(&at_list_price(), &json!({ "currency": "KRW", "capacity": "9000000" })));
    let program = program.await;
    let root = program.root.clone();
    let company = reached_at(&program, "lee@seoul.example", "ko");
    let distributor = program.onboard_company(&root, &company).await;
    program.allocate(&root, &distributor, "1000000").await.expect(201);
    let (desk, mut listener) = (Desk(&program), Listener::new(&program, &distributor).await);
    desk.charge(&distributor, "2234567.5", "a").await.expect(201);
    let heard = ["mailed QuotaOverdrawn", "silent QuotaDepleted", "silent QuotaThresholdCrossed percent 10 = 100000"];
    let events = listener.hears(&heard).await;
    let mails = program.mails_of(&events[0], &["lee@seoul.example"]).await;
    assert_eq!(mails[0].subject, format!("귀사의 한도가 초과되었습니다: {}, 초과 금액 ₩1,234,567.5", name(&company)));
    let inbox = async |account: &str| items(&program.read(account, "notifications").await);
    let before = [inbox(&root).await, inbox(&distributor).await];
    assert_eq!([before[0].len(), before[1].len()], [1, 1]);

    for _ in 0..REPEATS {
        // Those that are not to be mailed do not become so by coming again.
        for event in &events {
            deliver_again(&program, event).await.expect(202);
        }
    }
    // What is told after the repeats is told after them.
    desk.charge(&distributor, "-2000000", "b").await.expect(201);
    let replenished = listener.events().await;
    assert_eq!(replenished.last().unwrap()["detail-type"], "QuotaReplenished", "{replenished:#?}");
    program.mails_of(replenished.last().unwrap(), &["lee@seoul.example"]).await;
    desk.charge(&distributor, "2000000", "c").await.expect(201);
    let overdrawn = listener.events().await;
    let overdrawn = overdrawn.iter().find(|event| event["detail"]["data"]["notify"] == true).unwrap();
    program.mails_of(overdrawn, &["lee@seoul.example"]).await;

    assert_eq!(program.mails_about(&distributor).await.len(), 3, "one for each of the three");
    for (account, known) in [&root, &distributor].into_iter().zip(&before) {
        let now = inbox(account).await;
        assert_eq!(now.len(), 3, "{now:#?}");
        assert_eq!(now.last(), known.first());
    }
}
