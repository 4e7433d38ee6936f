//! Programs in which the provider alone places purchases and holds.

use serde_json::json;
use tests::{Line, Program};

use crate::desk::Desk;

#[tokio::test]
async fn only_the_provider_orders_for_every_account_below_it() {
    let program = Program::with(json!({ "purchases": "provider" })).await;
    let Line { distributor, reseller, customer } = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    let (desk, root) = (Desk(&program), &program.root);
    let order = json!({ "list_amount": "10.00", "product": "Disk" });
    let hold = json!({ "list_amount": "10.00", "product": "Disk", "expires_at": "2999-01-01T00:00:00Z" });
    let at = |account: &str, what: &str| format!("/v1/accounts/{account}/{what}");
    for partner in [&customer, &reseller, &distributor] {
        desk.post(partner, at(&customer, "purchases"), order.clone()).await.refused(403, "forbidden");
        desk.post(partner, at(&customer, "holds"), hold.clone()).await.refused(403, "forbidden");
    }
    for account in [&customer, &reseller, &distributor] {
        desk.post(root, at(account, "purchases"), order.clone()).await.expect(201);
    }
    let sales = program.member(root, "sales");
    sales.post(at(&customer, "purchases")).key("k").json(&order).await.expect(201);

    let placed = desk.post(root, at(&customer, "holds"), hold).await.expect(201);
    let hold = at(&customer, &format!("holds/{}", placed["hold_id"].as_str().unwrap()));
    for partner in [&customer, &reseller, &distributor] {
        desk.capture(partner, &hold, json!({})).await.refused(403, "forbidden");
        desk.release(partner, &hold).await.refused(403, "forbidden");
    }
    let captured = desk.capture(root, &hold, json!({ "list_amount": "5.00" })).await.expect(201);
    assert_eq!(captured["waterfall"].as_array().unwrap().len(), 3, "the provider sees every price: {captured:#}");
    // Quota and payments are the partners' own business as ever.
    program.allocate(&reseller, &customer, "1.00").await.expect(201);
    desk.settle(&reseller, &customer, "1.00", None).await.expect(201);
}
