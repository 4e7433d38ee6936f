//! A purchase of list amount 100.00 (the customer owes 95.00, its reseller will owe 90.00 for it, its distributor 80.00)
//! settled tier by tier.

use serde_json::json;
use tests::{Line, Program};

use crate::desk::Desk;

async fn after_a_purchase() -> (Program, Line) {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    program.purchase(&line.customer, "100.00").await.expect(201);
    (program, line)
}

#[tokio::test]
async fn with_full_backfill_each_tier_can_spend_again_and_the_next_one_owes() {
    let (program, Line { distributor, reseller, customer }) = after_a_purchase().await;
    let (desk, root) = (Desk(&program), &program.root);
    desk.check(
        &customer,
        json!({ "granted": "500.00", "used": "95.00", "available": "405.00", "upstream": ["90.00", "80.00"] }),
    )
    .await;

    let settled = desk.settle(&reseller, &customer, "95.00", None).await.expect(201);
    assert_eq!([&settled["kind"], &settled["amount"], &settled["backfilled"]], ["settlement", "95.00", "95.00"]);
    desk.check(&customer, json!({ "granted": "500.00", "available": "500.00", "paid": "95.00" })).await;
    let reseller_owes = json!({
        "granted": "600.00", "allocated": "500.00", "used": "90.00", "available": "10.00", "collected": "95.00",
        "upstream": ["80.00"],
    });
    desk.check(&reseller, reseller_owes).await;

    let settled = desk.settle(&distributor, &reseller, "90.00", None).await.expect(201);
    assert_eq!(settled["backfilled"], "90.00");
    let reseller_is_even = json!({
        "granted": "600.00", "allocated": "500.00", "available": "100.00", "paid": "90.00", "collected": "95.00",
    });
    desk.check(&reseller, reseller_is_even).await;
    let distributor_owes = json!({
        "granted": "1000.00", "allocated": "600.00", "used": "80.00", "available": "320.00", "collected": "90.00",
    });
    desk.check(&distributor, distributor_owes).await;

    let settled = desk.settle(root, &distributor, "80.00", None).await.expect(201);
    assert_eq!(settled["backfilled"], "80.00");
    let distributor_is_even = json!({
        "granted": "1000.00", "allocated": "600.00", "available": "400.00", "paid": "80.00", "collected": "90.00",
    });
    desk.check(&distributor, distributor_is_even).await;
    let provider =
        json!({ "granted": "100000.00", "allocated": "1000.00", "available": "99000.00", "collected": "80.00" });
    desk.check(root, provider).await;
}

#[tokio::test]
async fn without_backfill_each_line_shrinks_by_what_was_paid() {
    let (program, Line { distributor, reseller, customer }) = after_a_purchase().await;
    let (desk, root) = (Desk(&program), &program.root);

    let settled = desk.settle(&reseller, &customer, "95.00", Some("0")).await.expect(201);
    assert_eq!([&settled["amount"], &settled["backfilled"]], ["95.00", "0.00"]);
    desk.check(&customer, json!({ "granted": "405.00", "available": "405.00", "paid": "95.00" })).await;
    let owing = json!({
        "granted": "600.00", "allocated": "405.00", "used": "90.00", "available": "105.00", "collected": "95.00",
        "upstream": ["80.00"],
    });
    desk.check(&reseller, owing).await;

    desk.settle(&distributor, &reseller, "90.00", Some("0.00")).await.expect(201);
    let even = json!({
        "granted": "510.00", "allocated": "405.00", "available": "105.00", "paid": "90.00", "collected": "95.00",
    });
    desk.check(&reseller, even).await;
    let owing = json!({
        "granted": "1000.00", "allocated": "510.00", "used": "80.00", "available": "410.00", "collected": "90.00",
    });
    desk.check(&distributor, owing).await;

    desk.settle(root, &distributor, "80.00", Some("0")).await.expect(201);
    let even = json!({
        "granted": "920.00", "allocated": "510.00", "available": "410.00", "paid": "80.00", "collected": "90.00",
    });
    desk.check(&distributor, even).await;
    let provider =
        json!({ "granted": "100000.00", "allocated": "920.00", "available": "99080.00", "collected": "80.00" });
    desk.check(root, provider).await;
}

#[tokio::test]
async fn a_part_moves_its_proportion_upstream_and_the_rest_moves_the_rest() {
    let (program, Line { distributor, reseller, customer }) = after_a_purchase().await;
    let desk = Desk(&program);

    let settled = desk.settle(&reseller, &customer, "40.00", Some("25.00")).await.expect(201);
    assert_eq!([&settled["amount"], &settled["backfilled"]], ["40.00", "25.00"]);
    // 90 × 40 ÷ 95 and 80 × 40 ÷ 95, half-even to twelve digits.
    let paying = json!({
        "granted": "485.00", "used": "55.00", "available": "430.00", "paid": "40.00",
        "upstream": ["52.105263157895", "46.315789473684"],
    });
    desk.check(&customer, paying).await;
    let owing = json!({
        "granted": "600.00", "allocated": "485.00", "used": "37.894736842105", "available": "77.105263157895",
        "collected": "40.00", "upstream": ["33.684210526316"],
    });
    desk.check(&reseller, owing).await;

    // All of a balance can be named: with twelve digits.
    desk.settle(&distributor, &reseller, "37.894736842105", None).await.expect(201);
    let even = json!({
        "granted": "600.00", "allocated": "485.00", "available": "115.00", "paid": "37.894736842105", "collected": "40.00",
    });
    desk.check(&reseller, even).await;
    let owing = json!({
        "granted": "1000.00", "allocated": "600.00", "used": "33.684210526316", "available": "366.315789473684",
        "collected": "37.894736842105",
    });
    desk.check(&distributor, owing).await;

    desk.settle(&reseller, &customer, "55.00", None).await.expect(201);
    desk.check(&customer, json!({ "granted": "485.00", "available": "485.00", "paid": "95.00" })).await;
    let owing = json!({
        "granted": "600.00", "allocated": "485.00", "used": "52.105263157895", "available": "62.894736842105",
        "paid": "37.894736842105", "collected": "95.00", "upstream": ["46.315789473684"],
    });
    desk.check(&reseller, owing).await;
}

#[tokio::test]
async fn settling_everything_in_odd_parts_leaves_no_dust() {
    let program = Program::create().await;
    let line = program.funded_line(["9000.00", "6000.00", "3000.00"]).await;
    let desk = Desk(&program);
    let leaves = [line.customer.clone(), program.onboard(&line.reseller).await];
    for (leaf, list_amount) in leaves.iter().zip(["333.3333333337", "0.00000000077"]) {
        desk.charge(leaf, list_amount, "usage").await.expect(201);
        let used = desk.figures(leaf).await["used"].as_str().unwrap().to_owned();
        if used.starts_with("316") {
            for part in ["0.000000000001", "7", "33.33", "11.1111111111", "0.07", "100.000000000009"] {
                desk.settle(&line.reseller, leaf, part, None).await.expect(201);
            }
        }
        let rest = desk.figures(leaf).await["used"].as_str().unwrap().to_owned();
        desk.settle(&line.reseller, leaf, &rest, None).await.expect(201);
        let figures = desk.figures(leaf).await;
        assert_eq!(figures["used"], "0.00", "{figures:#}");
        assert_eq!(figures["upstream"], json!(["0.00", "0.00"]), "{figures:#}");
    }
    // What the reseller owes now is its own price of all of it, to the last digit; and so for the distributor.
    let figures = desk.figures(&line.reseller).await;
    assert_eq!(figures["used"], "300.000000001023", "333.3333333337 and 0.00000000077 at 0.9, each rounded half-even");
    assert_eq!(figures["upstream"], json!(["266.666666667576"]), "the same at 0.8");
    desk.settle(&line.distributor, &line.reseller, "300.000000001023", None).await.expect(201);
    desk.settle(&program.root, &line.distributor, "266.666666667576", None).await.expect(201);
    for account in [&line.distributor, &line.reseller, &leaves[0], &leaves[1]] {
        let figures = desk.figures(account).await;
        assert_eq!(figures["used"], "0.00", "{figures:#}");
        let is_zero = |figure: &serde_json::Value| figure == "0.00";
        assert!(figures["upstream"].as_array().unwrap().iter().all(is_zero), "{figures:#}");
    }
}
