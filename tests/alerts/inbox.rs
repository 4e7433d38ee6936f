//! The inbox: what is in it, and what is read.

use serde_json::{Value, json};
use tests::client::{insist, start};
use tests::program::{items, text};
use tests::watch::until;
use tests::{Answer, Desk, Line, Program, company};

use crate::listener::{Listener, at_list_price};

/// An id of the right form that belongs to no notification.
const NOWHERE: &str = "ntf_01M80000000000000000000000";

/// What is in an inbox once there are this many, newest first.
async fn inbox(program: &Program, account: &str, count: usize) -> Vec<Value> {
    until(async || {
        let found = items(&program.read(account, "notifications").await);
        if found.len() >= count { Ok(found) } else { Err(format!("{found:#?}")) }
    })
    .await
}

/// A customer without quota that was overdrawn and even again in turns, once a notification.
async fn with_notifications(count: usize) -> (Program, Line) {
    let program = Program::with(at_list_price()).await;
    let line = program.line().await;
    for number in 0..count {
        let amount = if number % 2 == 0 { "1.00" } else { "-1.00" };
        Desk(&program).charge(&line.customer, amount, &number.to_string()).await.expect(201);
    }
    inbox(&program, &line.customer, count).await;
    inbox(&program, &line.reseller, count).await;
    (program, line)
}

async fn mark(program: &Program, account: &str, what: &str) -> Answer {
    program.member(account, "viewer").post(format!("/v1/accounts/{account}/notifications/{what}")).await
}

fn ids(notifications: &[Value]) -> Vec<String> {
    notifications.iter().map(|notification| text(notification, "id")).collect()
}

#[tokio::test]
async fn a_list_is_newest_first_in_pages() {
    let (program, Line { customer, reseller, distributor }) = with_notifications(5).await;
    let whole = inbox(&program, &customer, 5).await;
    let types: Vec<&str> = whole.iter().map(|notification| notification["type"].as_str().unwrap()).collect();
    let (over, even) = ("QuotaOverdrawn", "QuotaReplenished");
    assert_eq!(types, [over, even, over, even, over]);
    for name in ["notifications?", "notifications?unread=true&", "notifications?unread=false&"] {
        for limit in [1, 2, 5, 200] {
            let (mut walked, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = program.read(&customer, &format!("{name}limit={limit}{cursor}")).await;
                assert_eq!(page["unread"], 5, "of the whole inbox: {page:#}");
                walked.extend(items(&page));
                let Some(next) = page["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(walked, whole, "{name} in pages of {limit}");
        }
    }
    // Who stands right above has them, too, and nobody further up.
    let oldest = json!({
        "id": whole[4]["id"], "account_id": customer, "about_account_id": customer, "type": "QuotaOverdrawn",
        "title": whole[4]["title"], "body": whole[4]["body"], "read": false, "created_at": whole[4]["created_at"],
    });
    assert_eq!(whole[4], oldest);
    let entry = program.entries(&customer).await.pop().unwrap();
    assert_eq!(oldest["created_at"], entry["created_at"]);
    assert_eq!(inbox(&program, &reseller, 5).await.len(), 5);
    let above = program.read(&distributor, "notifications").await;
    assert_eq!(above, json!({ "items": [], "next_cursor": null, "unread": 0 }));
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused() {
    let (program, Line { customer, reseller, .. }) = with_notifications(2).await;
    let viewer = program.member(&customer, "viewer");
    let path = format!("/v1/accounts/{customer}/notifications");
    for query in ["unread=yes", "unread=", "limit=0", "limit=201", "limit=x", "read=true"] {
        viewer.get(format!("{path}?{query}")).await.refused(400, "invalid_parameter");
    }
    let cursor = text(&program.read(&reseller, "notifications?limit=1").await, "next_cursor");
    let other_list = text(&program.read(&customer, "entries?limit=1").await, "next_cursor");
    for cursor in [&*cursor, &*other_list, "nonsense", "", "%00"] {
        viewer.get(format!("{path}?cursor={cursor}")).await.refused(400, "invalid_cursor");
    }
    for body in [json!({ "read": true }), json!([])] {
        for what in [text(&inbox(&program, &customer, 2).await[0], "id") + "/read", "read".to_owned()] {
            viewer.post(format!("{path}/{what}")).json(&body).await.refused(422, "validation_failed");
        }
    }
    assert_eq!(program.read(&customer, "notifications").await["unread"], 2);
}

#[tokio::test]
async fn marking_one_and_marking_all_change_nothing_twice() {
    let (program, Line { customer, reseller, .. }) = with_notifications(4).await;
    let whole = inbox(&program, &customer, 4).await;
    let second = text(&whole[1], "id");
    let marked = mark(&program, &customer, &format!("{second}/read")).await.expect(200);
    assert_eq!(marked, company::with(&whole[1], &json!({ "read": true })));
    assert_eq!(mark(&program, &customer, &format!("{second}/read")).await.expect(200), marked);
    let unread = program.read(&customer, "notifications?unread=true").await;
    assert_eq!(unread["unread"], 3);
    assert_eq!(ids(&items(&unread)), [0, 2, 3].map(|index| text(&whole[index], "id")));
    assert_eq!(inbox(&program, &customer, 4).await[1], marked, "what is read is still there");

    // What was marked already does not count.
    assert_eq!(mark(&program, &customer, "read").await.expect(200), json!({ "marked": 3, "unread": 0 }));
    assert_eq!(mark(&program, &customer, "read").await.expect(200), json!({ "marked": 0, "unread": 0 }));
    let all = inbox(&program, &customer, 4).await;
    assert!(all.iter().all(|notification| notification["read"] == true), "{all:#?}");
    assert_eq!(ids(&all), ids(&whole));
    assert_eq!(items(&program.read(&customer, "notifications?unread=true").await), Vec::<Value>::new());

    // The parent has its own, and a new one is unread.
    assert_eq!(program.read(&reseller, "notifications").await["unread"], 4);
    Desk(&program).charge(&customer, "1.00", "new").await.expect(201);
    let now = inbox(&program, &customer, 5).await;
    assert_eq!([&now[0]["read"], &now[1]["read"]], [false, true]);
    assert_eq!(program.read(&customer, "notifications").await["unread"], 1);
}

#[tokio::test]
async fn of_many_who_mark_at_once_each_notification_is_counted_for_one() {
    let (program, Line { customer, .. }) = with_notifications(6).await;
    let path = format!("/v1/accounts/{customer}/notifications/read");
    let viewer = program.member(&customer, "viewer");
    let running: Vec<_> = (0..6).map(|_| start(insist(viewer.post(&path)))).collect();
    let mut marked = 0;
    for answer in running {
        let answer = answer.await.unwrap().expect(200);
        assert_eq!(answer["unread"], 0, "{answer:#}");
        marked += answer["marked"].as_u64().unwrap();
    }
    assert_eq!(marked, 6);
}

#[tokio::test]
async fn what_is_in_another_inbox_is_not_found_in_this_one() {
    let (program, Line { customer, reseller, .. }) = with_notifications(1).await;
    let own = text(&inbox(&program, &customer, 1).await[0], "id");
    let parents = text(&inbox(&program, &reseller, 1).await[0], "id");
    assert_ne!(own, parents);
    for foreign in [&*parents, NOWHERE, "ntf_x", "acc_01M80000000000000000000000"] {
        mark(&program, &customer, &format!("{foreign}/read")).await.refused(404, "not_found");
    }
    let path = format!("/v1/accounts/{customer}/notifications/{own}/read");
    // Reading an inbox from above is one thing, answering for those who work there another.
    program.member(&reseller, "admin").post(&path).await.refused(403, "forbidden");
    assert_eq!(program.read(&customer, "notifications").await["unread"], 1);
}

#[tokio::test]
async fn an_inbox_is_in_the_language_of_its_account() {
    let program = Program::with(at_list_price()).await;
    let in_language = |locale: &str| company::with(&program.company(), &json!({ "locale": locale }));
    let (thai, japanese) = (in_language("th"), in_language("ja"));
    let distributor = program.onboard_company(&program.root, &thai).await;
    let reseller = program.onboard_company(&distributor, &japanese).await;
    program.allocate(&program.root, &distributor, "2000.00").await.expect(201);
    program.allocate(&distributor, &reseller, "1000.00").await.expect(201);
    let mut listener = Listener::new(&program, &reseller).await;
    program.purchase(&reseller, "1000.00").await.expect(201);
    listener.hears(&["mailed QuotaDepleted", "silent QuotaThresholdCrossed percent 10 = 100.00"]).await;
    let (name, own) = (text(&japanese, "legal_name"), &inbox(&program, &reseller, 1).await[0]);
    assert_eq!(own["title"], format!("貴社の利用枠の残りがなくなりました：{name}、残り$0.00"));
    let above = &inbox(&program, &distributor, 1).await[0];
    assert_eq!(above["title"], format!("โควตาของ {name} หมดแล้ว: คงเหลือ US$0.00"));
    assert_eq!([&above["account_id"], &above["about_account_id"]], [&*distributor, &*reseller]);
    assert!(above["body"].as_str().unwrap().contains(&name), "{above:#}");
}
