//! What callers are shown, and that what they may not see looks as if it were not there.

use reqwest::Method;
use serde_json::{Value, json};
use tests::program::{only, text};
use tests::template::routes;
use tests::{Answer, Caller};

use super::world::{Relation, World};

/// Ids of the right form that belong to nobody.
const NOWHERE: &str = "01M80000000000000000000000";

/// Headers that name the request, and the second in which it was answered. They differ between any two answers.
const OF_ONE_ANSWER: [&str; 2] = ["apigw-requestid", "date"];

async fn ask(caller: &Caller, method: &str, path: &str) -> Answer {
    let call = caller.call(Method::from_bytes(method.as_bytes()).unwrap(), path);
    if method == "GET" { call.await } else { call.key("k").json(json!({})).await }
}

fn without_request_id(answer: &Answer) -> Value {
    let mut body = answer.json();
    body.as_object_mut().unwrap().remove("request_id");
    body
}

#[tokio::test]
async fn unknown_and_invisible_look_the_same_on_every_route() {
    let world = World::with(json!({})).await;
    let callers = [
        world.member(Relation::OtherProgram, "admin"),
        world.member(Relation::Sibling, "admin"),
        world.program.caller("stranger", ""),
    ];
    let unknown = |path: &str| {
        let path = path.replace("{id}", &format!("acc_{NOWHERE}")).replace("{program_id}", &format!("prg_{NOWHERE}"));
        world.path(&path)
    };
    for route in routes().iter().filter(|route| route.path.contains('{')) {
        for caller in &callers {
            let invisible = ask(caller, &route.method, &world.path(&route.path)).await;
            let unknown = ask(caller, &route.method, &unknown(&route.path)).await;
            invisible.refused(404, "not_found");
            assert_eq!(unknown.status, 404, "{unknown}");
            assert_eq!(without_request_id(&invisible), without_request_id(&unknown), "{route:?}");
            assert_eq!(headers(&invisible), headers(&unknown), "{route:?}: the headers");
        }
    }
}

/// The headers but for those that belong to one answer alone, as its body's `request_id` does.
fn headers(answer: &Answer) -> Vec<(&str, &[u8])> {
    let headers = answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let mut headers: Vec<_> = headers.filter(|(name, _)| !OF_ONE_ANSWER.contains(name)).collect();
    assert!(headers.iter().any(|(name, _)| *name == "content-length"), "{answer}");
    headers.sort_unstable();
    headers
}

#[tokio::test]
async fn what_belongs_to_another_account_is_not_found_below_this_one() {
    let world = World::with(
        json!({ "verification": { "distributor": "automatic", "reseller": "automatic", "customer": "automatic" } }),
    )
    .await;
    let distributor = world.member(Relation::Parent, "admin");
    let below = |account: &str, what: &str| format!("/v1/accounts/{account}/{what}");
    let purchase = format!("purchases/{}", world.purchase);
    let application = format!("applications/{}", world.application);
    distributor.get(below(&world.line.reseller, &purchase)).await.expect(200);
    distributor.get(below(&world.line.reseller, &application)).await.expect(200);
    for other in [&world.line.distributor, &world.line.customer] {
        distributor.get(below(other, &purchase)).await.refused(404, "not_found");
        distributor.get(below(other, &application)).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn without_a_valid_token_the_gateway_answers_itself() {
    let world = World::with(json!({})).await;
    let client = world.program.client();
    let token = token_of(&world).await;
    let (head, rest) = token.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let forged = format!("{head}.{}.{signature}", claims.replacen('A', "B", 1));
    let callers = [
        client.anonymous(),
        client.with_token("nonsense"),
        client.with_token(""),
        client.with_token(&forged),
        client.with_token(&format!("{head}.{claims}.")),
        // The header {"alg":"none"}.
        client.with_token(&format!("eyJhbGciOiJub25lIn0.{claims}.")),
    ];
    for route in routes().iter().filter(|route| route.needs_token) {
        for caller in &callers {
            ask(caller, &route.method, &world.path(&route.path)).await.native(401);
        }
    }
    let basic = client.anonymous().get("/v1/me").header("authorization", "Basic a2ltOmtpbQ==");
    basic.await.native(401);
    client.with_token(&token).get("/v1/me").await.expect(200);
}

async fn token_of(world: &World) -> String {
    let wanted =
        json!({ "sub": "kim", "email": "kim@example.com", "memberships": [format!("{}:admin", world.line.reseller)] });
    let answer = world.program.client().anonymous().post("/_local/tokens").json(&wanted).await;
    text(&answer.expect(200), "token")
}

#[tokio::test]
async fn of_an_ancestor_only_its_name_is_shown() {
    let world = World::with(json!({})).await;
    let customer = world.member(Relation::Child, "admin");
    for (ancestor, tier) in [
        (&world.line.reseller, "reseller"),
        (&world.line.distributor, "distributor"),
        (&world.program.root, "provider"),
    ] {
        let seen = customer.get(format!("/v1/accounts/{ancestor}")).await.expect(200);
        let as_itself =
            world.program.member(ancestor, "viewer").get(format!("/v1/accounts/{ancestor}")).await.expect(200);
        assert_eq!(seen, only(&as_itself, &["id", "tier", "legal_name"]));
        assert_eq!(seen["tier"], tier);
        for what in ["position", "entries", "children", "purchases", "applications", "verification"] {
            customer.get(format!("/v1/accounts/{ancestor}/{what}")).await.refused(403, "forbidden");
        }
    }
}

#[tokio::test]
async fn roles_in_one_account_add_up_and_the_nearest_that_may_acts() {
    let world = World::with(json!({})).await;
    let (reseller, customer) = (&world.line.reseller, &world.line.customer);
    let both = world.program.caller("kim", &format!("{reseller}:viewer {reseller}:finance"));
    let allocation = json!({ "amount": "1.00" });
    let path = format!("/v1/accounts/{customer}/allocations");
    both.post(&path).key("a").json(&allocation).await.expect(201);
    let viewer_below = world.program.caller("lee", &format!("{customer}:viewer {reseller}:sales"));
    let order = json!({ "list_amount": "1.00", "product": "Disk" });
    let bought =
        viewer_below.post(format!("/v1/accounts/{customer}/purchases")).key("b").json(&order).await.expect(201);
    assert_eq!(bought["waterfall"].as_array().unwrap().len(), 2, "acts, and sees, as the reseller: {bought:#}");
    let position = viewer_below.get(format!("/v1/accounts/{customer}/position")).await.expect(200);
    assert_eq!(position["upstream"], json!([]), "reads as the customer: {position:#}");
    let entries = tests::program::items(&world.program.read(customer, "entries").await);
    assert_eq!(entries[0]["by"], json!({ "account_id": reseller, "sub": null }));
}
