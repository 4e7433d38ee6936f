//! Who may sign in for an account.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::member::MAX_MEMBERS;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Caller, Desk, Program};

/// Somebody who has signed in with this address.
async fn sign_in(program: &Program, email: &str) -> Caller {
    let token = program.client().anonymous().post("/_local/tokens").json(json!({ "email": email })).await.expect(200);
    program.client().with_token(token["token"].as_str().unwrap())
}

async fn roles_in(program: &Program, email: &str, account: &str) -> Value {
    let own = sign_in(program, email).await.get("/v1/me").await.expect(200);
    let of = own["memberships"].as_array().unwrap().iter().find(|membership| membership["account_id"] == *account);
    of.map_or(Value::Null, |membership| membership["roles"].clone())
}

/// An address that no other test uses.
fn address(program: &Program, name: &str) -> String {
    format!("{name}@{}.example", program.id.to_lowercase().replace('_', "-"))
}

#[tokio::test]
async fn members_act_with_the_roles_that_they_were_given_and_until_they_are_taken() {
    let program = Program::create().await;
    let account = program.onboard(&program.root).await;
    let path = format!("/v1/accounts/{account}/members");
    let (admin, email) = (program.member(&account, "admin"), address(&program, "kim"));
    let put = async |roles: Value| admin.call(Method::PUT, &path).json(json!({ "email": email, "roles": roles })).await;
    put(json!(["finance", "sales"])).await.expect(200);
    assert_eq!(roles_in(&program, &email.to_uppercase(), &account).await, json!(["finance", "sales"]));
    put(json!(["viewer"])).await.expect(200);
    assert_eq!(roles_in(&program, &email, &account).await, json!(["viewer"]));
    sign_in(&program, &email).await.get(format!("/v1/accounts/{account}/position")).await.expect(200);
    put(json!(["verifier"])).await.refused(422, "validation_failed");
    put(json!([])).await.refused(422, "validation_failed");
    assert_eq!(admin.call(Method::DELETE, format!("{path}?email={email}")).await.status, 204);
    assert_eq!(roles_in(&program, &email, &account).await, Value::Null);
    admin.call(Method::DELETE, format!("{path}?email={email}")).await.refused(404, "not_found");
}

#[tokio::test]
async fn the_contact_of_a_new_account_is_its_first_admin_and_the_last_one_stays() {
    let program = Program::create().await;
    let contact = address(&program, "lee");
    let mut company = program.company();
    company["contact"]["email"] = json!(contact);
    let account = program.onboard_company(&program.root, &company).await;
    assert_eq!(roles_in(&program, &contact, &account).await, json!(["admin"]));
    let (path, lee) = (format!("/v1/accounts/{account}/members"), sign_in(&program, &contact).await);
    lee.call(Method::DELETE, format!("{path}?email={contact}")).await.refused(409, "invalid_state");
    lee.call(Method::PUT, &path)
        .json(json!({ "email": contact, "roles": ["viewer"] }))
        .await
        .refused(409, "invalid_state");
    let other = address(&program, "park");
    lee.call(Method::PUT, &path).json(json!({ "email": other, "roles": ["admin"] })).await.expect(200);
    assert_eq!(lee.call(Method::DELETE, format!("{path}?email={contact}")).await.status, 204);
    assert_eq!(roles_in(&program, &contact, &account).await, Value::Null);
}

/// A token has room for so much: what stands first in it must not depend on whoever names its bearer later.
#[tokio::test]
async fn those_accounts_come_first_that_somebody_has_been_a_member_of_longest() {
    let program = Program::create().await;
    let (older, newer) = (program.onboard(&program.root).await, program.onboard(&program.root).await);
    let email = address(&program, "choi");
    let put = async |account: &str, role: &str| {
        let body = json!({ "email": email, "roles": [role] });
        let path = format!("/v1/accounts/{account}/members");
        program.member(account, "admin").call(Method::PUT, path).json(body).await.expect(200);
    };
    put(&newer, "viewer").await;
    put(&older, "viewer").await;
    // Another role makes nobody a newer member.
    put(&newer, "sales").await;
    let token = program.client().anonymous().post("/_local/tokens").json(json!({ "email": email })).await.expect(200);
    let claims = token["token"].as_str().unwrap().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["memberships"], format!("{newer}:sales {older}:viewer"));
}

#[tokio::test]
async fn an_account_has_at_most_a_hundred_members() {
    let program = Program::create().await;
    let account = program.onboard(&program.root).await;
    let (admin, path) = (program.member(&account, "admin"), format!("/v1/accounts/{account}/members"));
    let put = async |number: u64, role: &str| {
        let body = json!({ "email": address(&program, &format!("member-{number}")), "roles": [role] });
        admin.call(Method::PUT, &path).json(body).await
    };
    // The account's contact is the first.
    for number in 2..=MAX_MEMBERS {
        put(number, "viewer").await.expect(200);
    }
    put(MAX_MEMBERS + 1, "viewer").await.refused(409, "invalid_state");
    put(MAX_MEMBERS, "sales").await.expect(200);
    let listed = admin.get(format!("{path}?limit=200")).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len() as u64, MAX_MEMBERS);
    let last = address(&program, &format!("member-{MAX_MEMBERS}"));
    assert_eq!(admin.call(Method::DELETE, format!("{path}?email={last}")).await.status, 204);
    put(MAX_MEMBERS + 1, "viewer").await.expect(200);
}

#[tokio::test]
async fn an_accounts_data_is_changed_by_those_who_may() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "500.00", "100.00"]).await;
    let path = format!("/v1/accounts/{}", line.reseller);
    let own = program.member(&line.reseller, "admin");
    let changed = own.patch(&path).json(json!({ "website": "https://new.example", "locale": "th" })).await.expect(200);
    assert_eq!((&changed["website"], &changed["locale"]), (&json!("https://new.example"), &json!("th")));
    own.patch(&path).json(json!({ "legal_name": "Other" })).await.refused(422, "validation_failed");
    own.patch(&path).json(json!({ "discount": "0.05" })).await.refused(403, "forbidden");
    let parent = program.member(&line.distributor, "finance");
    parent.patch(&path).json(json!({ "discount": "0.21" })).await.refused(422, "validation_failed");
    parent.patch(&path).json(json!({ "discount": "0.15" })).await.expect(200);
    let cost = Desk(&program).0.purchase(&line.reseller, "100.00").await.expect(201);
    assert_eq!(cost["amount"], "85.00");
}
