//! The whole stack killed between a purchase and the mail about it.

use reqwest::Method;
use serde_json::{Value, json};
use tests::process::Process;
use tests::program::{OPERATOR, items, settings, text};
use tests::watch::until;
use tests::{Caller, company};

/// A distributor with quota in a folder that outlives its stacks.
struct Shop {
    distributor: String,
    email: String,
}

impl Shop {
    async fn open(process: &Process) -> Shop {
        let operator = process.caller("operator", OPERATOR).await;
        let changes = json!({ "discounts": { "distributor": "0", "reseller": "0", "customer": "0" } });
        let program = operator.post("/v1/programs").json(company::with(&settings(), &changes)).await.expect(201);
        let root = text(&program, "root_account_id");
        let provider = process.caller("provider", &format!("{root}:admin")).await;
        let company = company::numbered(1);
        let application = provider.post(format!("/v1/accounts/{root}/applications")).json(&company).await.expect(201);
        let distributor = text(&application, "account_id");
        let allocations = format!("/v1/accounts/{distributor}/allocations");
        provider.post(allocations).key("k").json(json!({ "amount": "1000.00" })).await.expect(201);
        // What is broken from here on does not meet the invitation.
        until(async || match all_mails(process).await.len() {
            0 => Err("no invitation".to_owned()),
            _ => Ok(()),
        })
        .await;
        Shop { distributor, email: text(&company["contact"], "email") }
    }

    async fn member(&self, process: &Process) -> Caller {
        process.caller("member", &format!("{}:admin", self.distributor)).await
    }

    async fn deplete(&self, process: &Process) {
        let order = json!({ "list_amount": "1000.00", "product": "Disk" });
        let path = format!("/v1/accounts/{}/purchases", self.distributor);
        self.member(process).await.post(path).key("order").json(order).await.expect(201);
    }

    async fn inbox(&self, process: &Process) -> Vec<Value> {
        let path = format!("/v1/accounts/{}/notifications", self.distributor);
        items(&self.member(process).await.get(path).await.expect(200))
    }
}

/// Has every call of a service fail for as long as this stack lives.
async fn fail(process: &Process, target: &str) {
    let fault = json!({ "target": target, "fault": "error", "rate": 1, "seed": 1 });
    local(process).await.call(Method::PUT, "/_local/faults").json(fault).await.expect(200);
}

/// What exists on the local stack only asks nobody who they are.
async fn local(process: &Process) -> Caller {
    process.caller("nobody", "none:viewer").await
}

/// The mails of alerts; invitations have no settings to lead to.
async fn mails(process: &Process) -> Vec<Value> {
    let mut mails = all_mails(process).await;
    mails.retain(|mail| text(mail, "text").contains("/alert-policy"));
    mails
}

async fn all_mails(process: &Process) -> Vec<Value> {
    local(process).await.get("/_local/mails").await.expect(200).as_array().unwrap().clone()
}

/// Waits for the one mail that the shop is to get, and checks what is in its inbox.
async fn check_told(shop: &Shop, process: &Process) {
    // A claim of the notifier that was killed has to end first.
    local(process).await.post("/_local/clock").json(json!({ "advance_seconds": 60 })).await.expect(200);
    let mails = until(async || {
        let mails = mails(process).await;
        if mails.is_empty() { Err("no mail".to_owned()) } else { Ok(mails) }
    })
    .await;
    assert!(mails.len() == 1 && mails[0]["to"] == json!([shop.email]), "{mails:#?}");
    let inbox = shop.inbox(process).await;
    assert!(inbox.len() == 1 && inbox[0]["type"] == "QuotaDepleted", "{inbox:#?}");
}

#[tokio::test]
async fn killed_before_the_bus_had_the_event_the_mail_comes_after_the_restart() {
    let data = tempfile::tempdir().unwrap();
    let process = Process::start(data.path()).await;
    let shop = Shop::open(&process).await;
    fail(&process, "events").await;
    shop.deplete(&process).await;
    assert!(mails(&process).await.is_empty() && shop.inbox(&process).await.is_empty());
    process.kill().await;
    let process = Process::start(data.path()).await;
    check_told(&shop, &process).await;
    assert!(process.interrupt().await.success());
}

#[tokio::test]
async fn killed_before_the_mail_was_sent_it_comes_after_the_restart() {
    let data = tempfile::tempdir().unwrap();
    let process = Process::start(data.path()).await;
    let shop = Shop::open(&process).await;
    fail(&process, "ses").await;
    shop.deplete(&process).await;
    until(async || match shop.inbox(&process).await.len() {
        0 => Err("nothing in the inbox".to_owned()),
        _ => Ok(()),
    })
    .await;
    assert!(mails(&process).await.is_empty());
    process.kill().await;
    let process = Process::start(data.path()).await;
    check_told(&shop, &process).await;
    assert!(process.interrupt().await.success());
}
