//! Functions that are called past the gateway, or by a gateway without its authorizer: nobody is known, and nothing is done.

use serde_json::{Value, json};
use tests::template::{Route, routes};
use tests::{Client, stack};

use super::world::{Relation, World};

/// The most entries of a claim that count.
const MAX_MEMBERSHIPS: usize = 200;

/// A request as the gateway hands it over.
fn event(route: &Route, path: &str, authorizer: &Value) -> Value {
    let key = format!("{} {}", route.method, route.path);
    let names = route.path.split('/').zip(path.split('/'));
    let parameters = names.filter_map(|(name, value)| Some((name.strip_prefix('{')?.strip_suffix('}')?, value)));
    let parameters: serde_json::Map<String, Value> =
        parameters.map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let mut event = json!({
        "version": "2.0", "routeKey": key, "rawPath": path, "rawQueryString": "", "isBase64Encoded": false,
        "headers": { "content-type": "application/json", "idempotency-key": "k" }, "body": "{}", "pathParameters": parameters,
        "requestContext": {
            "accountId": "000000000000", "apiId": "local", "domainName": "localhost", "domainPrefix": "localhost",
            "http": { "method": route.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "t" },
            "requestId": "unverified", "routeKey": key, "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 1_767_225_600_000_u64,
        },
    });
    if !authorizer.is_null() {
        event["requestContext"]["authorizer"] = authorizer.clone();
    }
    event
}

/// The status and the body of what the route's function answers.
async fn answer(client: &Client, route: &Route, path: &str, authorizer: &Value) -> (Value, Value) {
    let call = client.anonymous().post(format!("/_local/functions/{}/invocations", route.function));
    let answer = call.json(event(route, path, authorizer)).await.expect(200);
    let body = answer["body"].as_str().unwrap_or_default();
    (answer["statusCode"].clone(), serde_json::from_str(body).unwrap_or_default())
}

fn claims(claims: Value) -> Value {
    json!({ "jwt": { "claims": claims, "scopes": null } })
}

#[tokio::test]
async fn without_verified_claims_every_function_refuses() {
    let world = World::with(json!({})).await;
    let client = Client::new(stack::shared().await.url());
    let admin = format!("{}:admin", world.line.reseller);
    let unverified = [
        Value::Null,
        json!({}),
        claims(json!({})),
        claims(json!({ "memberships": admin })),
        claims(json!({ "sub": "", "memberships": admin })),
        json!({ "lambda": { "sub": "kim", "memberships": admin } }),
        json!({ "iam": { "userId": "kim" } }),
    ];
    for route in routes().iter().filter(|route| route.needs_token) {
        let path = world.path(&route.path);
        for authorizer in &unverified {
            let (status, body) = answer(&client, route, &path, authorizer).await;
            assert_eq!((status, &body["code"]), (json!(403), &json!("forbidden")), "{route:?} with {authorizer}");
        }
    }
}

#[tokio::test]
async fn of_an_endless_claim_only_its_beginning_counts() {
    let world = World::with(json!({})).await;
    let client = Client::new(stack::shared().await.url());
    let routes = routes();
    let route = routes.iter().find(|route| route.path == "/v1/accounts/{id}/position").unwrap();
    let path = world.path(&route.path);
    let others = |count: usize| (0..count).map(|number| format!("acc_{number:026}:admin ")).collect::<String>();
    let own = format!("{}:viewer", world.account(Relation::Own));
    for (before, expected) in [(MAX_MEMBERSHIPS - 1, 200), (MAX_MEMBERSHIPS, 404), (50 * MAX_MEMBERSHIPS, 404)] {
        let memberships = format!("{}{own}", others(before));
        let authorizer = claims(json!({ "sub": "kim", "memberships": memberships }));
        let (status, body) = answer(&client, route, &path, &authorizer).await;
        assert_eq!(status, expected, "after {before} others: {body:#}");
    }
}
