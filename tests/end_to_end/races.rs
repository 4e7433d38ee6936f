//! Many at once.

use serde_json::json;
use tests::client::{insist, start};
use tests::program::{items, new_key};
use tests::wire::Wire;
use tests::{Client, Program, stack};

#[tokio::test]
async fn buyers_at_the_same_time_never_spend_more_than_there_is() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "500.00", "100.00"]).await;
    let customer = &line.customer;
    let path = format!("/v1/accounts/{customer}/purchases");
    let order = json!({ "list_amount": "10.00", "product": "Disk" });
    let buyers = (0..24).map(|number| {
        let buyer = program.caller(&format!("buyer-{number}"), &format!("{customer}:sales"));
        start(insist(buyer.post(&path).key(new_key()).json(&order)))
    });
    let (mut bought, mut refused) = (0, 0);
    for buyer in buyers.collect::<Vec<_>>() {
        let answer = buyer.await.unwrap();
        if answer.status == 201 {
            bought += 1;
        } else {
            let problem = answer.refused(409, "insufficient_quota");
            assert_eq!(problem["available"], "5.00", "{answer}");
            refused += 1;
        }
    }
    assert_eq!((bought, refused), (10, 14), "ten times 9.50 fit into 100.00");
    let position = program.position(customer).await;
    assert_eq!((&position["used"], &position["available"]), (&json!("95.00"), &json!("5.00")));
    assert_eq!(items(&program.read(customer, "purchases").await).len(), 10);
    program.check_ledger(customer, 11).await;
}

#[tokio::test]
async fn allocations_from_one_parent_at_the_same_time_never_hand_out_more_than_there_is() {
    let program = Program::create().await;
    let distributor = program.onboard(&program.root).await;
    program.allocate(&program.root, &distributor, "100.00").await.expect(201);
    let mut resellers = Vec::new();
    for _ in 0..4 {
        resellers.push(program.onboard(&distributor).await);
    }
    let granter = program.member(&distributor, "finance");
    let body = json!({ "amount": "15.00" });
    let grants = (0..16).map(|number| {
        let path = format!("/v1/accounts/{}/allocations", resellers[number % resellers.len()]);
        start(insist(granter.post(path).key(new_key()).json(&body)))
    });
    let mut granted = 0;
    for grant in grants.collect::<Vec<_>>() {
        let answer = grant.await.unwrap();
        if answer.status == 201 {
            granted += 1;
        } else {
            answer.refused(409, "insufficient_quota");
        }
    }
    assert_eq!(granted, 6, "six times 15.00 fit into 100.00");
    let position = program.position(&distributor).await;
    assert_eq!((&position["allocated"], &position["available"]), (&json!("90.00"), &json!("10.00")));
    program.check_ledger(&distributor, 7).await;
    let mut entries = 0;
    for reseller in &resellers {
        let seq = usize::try_from(program.position(reseller).await["seq"].as_u64().unwrap()).unwrap();
        program.check_ledger(reseller, seq).await;
        entries += seq;
    }
    assert_eq!(entries, 6, "every allocation stands in one reseller's ledger");
}

#[tokio::test]
async fn quota_that_goes_down_while_it_is_spent_stays_exact() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "500.00", "10.00"]).await;
    let (customer, reseller) = (&line.customer, &line.reseller);
    let (granter, buyer) = (program.member(reseller, "finance"), program.member(customer, "finance"));
    let (grants, orders) =
        (format!("/v1/accounts/{customer}/allocations"), format!("/v1/accounts/{customer}/purchases"));
    let order = json!({ "list_amount": "1.00", "product": "Disk" });
    let work = (0..10).flat_map(|_| {
        let grant = granter.post(&grants).key(new_key()).json(json!({ "amount": "2.00" }));
        let spend = buyer.post(&orders).key(new_key()).json(&order);
        [start(insist(grant)), start(insist(spend))]
    });
    for work in work.collect::<Vec<_>>() {
        work.await.unwrap().expect(201);
    }
    let position = program.position(customer).await;
    let expected = json!({ "granted": "30.00", "used": "9.50", "available": "20.50" });
    assert_eq!(tests::program::only(&position, &["granted", "used", "available"]), expected);
    program.check_ledger(customer, 21).await;
    program.check_ledger(reseller, 12).await;
}

#[tokio::test]
async fn of_two_applicants_for_one_console_account_one_wins() {
    let program = Program::create().await;
    let parents = [program.onboard(&program.root).await, program.onboard(&program.root).await];
    for round in 0..5 {
        let wanted = format!("37{round:07}1");
        let applications = parents.each_ref().map(|parent| {
            let company = tests::company::with(&program.company(), &json!({ "console_account_id": wanted }));
            let applicant = program.member(parent, "sales");
            let call = applicant.post(format!("/v1/accounts/{parent}/applications")).key(new_key()).json(company);
            start(insist(call))
        });
        let mut approved = 0;
        for application in applications {
            let answer = application.await.unwrap();
            match answer.status {
                201 if answer.json()["status"] == "approved" => approved += 1,
                201 => assert_eq!(answer.json()["status"], "rejected", "{answer}"),
                _ => drop(answer.refused(409, "already_registered")),
            }
        }
        assert_eq!(approved, 1, "round {round}");
    }
    let mut children = 0;
    for parent in &parents {
        children += items(&program.read(parent, "children").await).len();
    }
    assert_eq!(children, 5);
}

#[tokio::test]
async fn of_two_decisions_on_one_application_one_counts() {
    let manual = json!({ "distributor": "manual", "reseller": "manual", "customer": "manual" });
    let program = Program::with(json!({ "verification": manual })).await;
    let application = program.apply(&program.root, &program.company()).await.expect(201);
    let id = tests::program::text(&application, "id");
    let path = format!("/v1/accounts/{}/applications/{id}/decisions", program.root);
    let decide = |number: usize| {
        let verifier = program.caller(&format!("verifier-{number}"), &format!("{}:verifier", program.root));
        let approve = json!({ "decision": "approve" });
        let reject = json!({ "decision": "reject", "reason": "No" });
        start(insist(verifier.post(&path).json(if number.is_multiple_of(2) { approve } else { reject })))
    };
    let mut decided = 0;
    for decision in (0..8).map(decide).collect::<Vec<_>>() {
        let answer = decision.await.unwrap();
        if answer.status == 200 {
            decided += 1;
        } else {
            answer.refused(409, "invalid_state");
        }
    }
    assert_eq!(decided, 1);
    let children = items(&program.read(&program.root, "children").await).len();
    let status = program.read(&program.root, &format!("applications/{id}")).await["status"].clone();
    assert_eq!(children, usize::from(status == "approved"), "{status}");
}

/// The one that comes second finds the names of the company taken: by the account that this very application became.
#[tokio::test]
async fn of_two_approvals_that_were_decided_on_the_same_state_the_second_is_told_that_it_is_decided() {
    let manual = json!({ "distributor": "manual", "reseller": "manual", "customer": "manual" });
    let program = Program::with(json!({ "verification": manual })).await;
    let application = program.apply(&program.root, &program.company()).await.expect(201);
    let path =
        format!("/v1/accounts/{}/applications/{}/decisions", program.root, tests::program::text(&application, "id"));
    let wire = Wire::before(stack::shared().await.store_url()).await;
    let stack = stack::start(wire.options()).await;
    let client = Client::new(stack.url());
    wire.have_meet(2);
    let decisions = [1, 2].map(|number| {
        let verifier = client.caller(&stack, &format!("verifier-{number}"), &format!("{}:verifier", program.root));
        start(insist(verifier.post(&path).json(json!({ "decision": "approve" }))))
    });
    let mut answers = Vec::new();
    for decision in decisions {
        answers.push(decision.await.unwrap());
    }
    assert!(wire.have_met(), "neither was carried out before both were decided on");
    answers.sort_by_key(|answer| answer.status);
    let [first, second] = answers.try_into().unwrap();
    first.expect(200);
    second.refused(409, "invalid_state");
    stack.stop().await;
}

/// What is open below an account is counted on the account itself, and nothing else says whether it may be closed.
#[tokio::test]
async fn applications_at_the_same_time_are_all_counted_on_their_parent() {
    let policies = json!({ "distributor": "automatic", "reseller": "manual", "customer": "automatic" });
    let program = Program::with(json!({ "verification": policies })).await;
    let distributor = program.onboard(&program.root).await;
    let path = format!("/v1/accounts/{distributor}/applications");
    let applicant = program.member(&distributor, "admin");
    let apply = |_| start(insist(applicant.post(&path).key(new_key()).json(program.company())));
    let calls: Vec<_> = (0..12).map(apply).collect();
    let mut applications = Vec::new();
    for call in calls {
        applications.push(tests::program::text(&call.await.unwrap().expect(201), "id"));
    }
    let last = applications.pop().unwrap();
    let withdrawals: Vec<_> =
        applications.iter().map(|id| start(insist(applicant.post(format!("{path}/{id}/withdrawal"))))).collect();
    for call in withdrawals {
        call.await.unwrap().expect(200);
    }
    let closure = format!("/v1/accounts/{distributor}/closure");
    let provider = program.member(&program.root, "admin");
    let close = || provider.post(&closure).key(new_key()).json(json!({ "reason": "it leaves the program" }));
    close().await.refused(409, "not_empty");
    applicant.post(format!("{path}/{last}/withdrawal")).await.expect(200);
    close().await.expect(201);
}
