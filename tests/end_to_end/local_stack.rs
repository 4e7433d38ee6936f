//! The local stack itself: what it serves, what it keeps, how it ends.

use reqwest::Method;
use serde_json::{Value, json};
use tests::process::{Process, children_of, is_running};
use tests::program::{OPERATOR, items, settings, text};
use tests::{Caller, Client, company, stack};

async fn client() -> Client {
    Client::new(stack::shared().await.url())
}

#[tokio::test]
async fn what_is_not_in_the_template_is_not_there() {
    let stack = stack::shared().await;
    let operator = client().await.caller(stack, "operator", OPERATOR);
    let id = "acc_01M80000000000000000000000";
    let routes = [
        ("GET", "/".to_owned()),
        ("GET", "/v1".to_owned()),
        ("GET", "/v2/me".to_owned()),
        ("GET", "/v1/nothing".to_owned()),
        ("GET", "/v1/me/".to_owned()),
        ("GET", "//v1/me".to_owned()),
        ("GET", "/V1/me".to_owned()),
        ("POST", "/v1/me".to_owned()),
        ("HEAD", "/v1/me".to_owned()),
        ("DELETE", format!("/v1/accounts/{id}")),
        ("PUT", format!("/v1/accounts/{id}/purchases")),
        ("DELETE", format!("/v1/accounts/{id}/entries")),
        ("GET", format!("/v1/accounts/{id}/nothing")),
        ("GET", "/_local/nothing".to_owned()),
        ("GET", "/_local/tokens".to_owned()),
    ];
    for (method, path) in routes {
        for caller in [&operator, &client().await.anonymous()] {
            let answer = caller.call(Method::from_bytes(method.as_bytes()).unwrap(), &path).await;
            assert_eq!(answer.status, 404, "{answer}");
            if method != "HEAD" {
                answer.native(404);
            }
        }
    }
    client().await.anonymous().get("/_local/health").await.expect(200);
}

#[tokio::test]
async fn a_preflight_tells_pages_of_the_portal_what_they_may_do() {
    let anonymous = client().await.anonymous();
    let preflight = async |origin: &str| {
        let call = anonymous.call(Method::OPTIONS, "/v1/me").header("origin", origin);
        call.header("access-control-request-method", "GET")
            .header("access-control-request-headers", "authorization")
            .await
    };
    let allowed = preflight("http://localhost:3000").await;
    assert_eq!(allowed.status, 204, "{allowed}");
    assert_eq!(allowed.headers["access-control-allow-origin"], "http://localhost:3000", "{allowed}");
    let list = |name: &str| allowed.headers[name].to_str().unwrap().to_ascii_lowercase();
    for header in ["authorization", "content-type", "idempotency-key", "if-match"] {
        assert!(list("access-control-allow-headers").contains(header), "{allowed}");
    }
    for method in ["get", "post", "patch"] {
        assert!(list("access-control-allow-methods").contains(method), "{allowed}");
    }
    let foreign = preflight("https://elsewhere.example").await;
    assert!(foreign.headers.get("access-control-allow-origin").is_none(), "{foreign}");

    let plain = anonymous.get("/v1/me").header("origin", "http://localhost:3000").await;
    plain.native(401);
    assert_eq!(plain.headers["access-control-allow-origin"], "http://localhost:3000", "a page may read why\n{plain}");
    let exposed = plain.headers["access-control-expose-headers"].to_str().unwrap().to_ascii_lowercase();
    assert!(exposed.contains("idempotent-replayed") && exposed.contains("retry-after"), "{plain}");
}

#[tokio::test]
async fn a_token_is_given_for_a_whole_request_only() {
    let anonymous = client().await.anonymous();
    let fit = json!({ "sub": "kim", "email": "kim@example.com", "memberships": "acc_x:admin" });
    let token = text(&anonymous.post("/_local/tokens").json(&fit).await.expect(200), "token");
    client().await.with_token(&token).get("/v1/me").await.expect(200);
    // Somebody who is a member of nothing is known by an address alone, and sees nothing.
    let stranger = anonymous.post("/_local/tokens").json(json!({ "email": "stranger@example.com" })).await.expect(200);
    let own = client().await.with_token(&text(&stranger, "token")).get("/v1/me").await.expect(200);
    assert_eq!(own["memberships"], json!([]));
    for unfit in [
        json!({}),
        json!([]),
        json!("kim"),
        json!({ "sub": "", "email": "e", "memberships": "" }),
        json!({ "sub": "kim", "email": 1, "memberships": "" }),
        json!({ "sub": "kim" }),
        json!({ "sub": "kim", "email": "e", "memberships": [1] }),
        json!({ "sub": "kim", "email": "e", "memberships": "", "role": "admin" }),
    ] {
        let answer = anonymous.post("/_local/tokens").json(&unfit).await;
        assert!((400..500).contains(&answer.status), "{answer}");
        assert_eq!(answer.content_type(), "application/problem+json", "{answer}");
    }
    for (content_type, body) in [("application/json", "{"), ("text/plain", "{}"), ("application/json", "\u{0}")] {
        let answer = anonymous.post("/_local/tokens").body(content_type, body).await;
        assert!((400..500).contains(&answer.status), "{answer}");
    }
}

/// A program with one distributor that has quota, on a stack of its own.
struct Shop {
    root: String,
    distributor: String,
}

impl Shop {
    async fn open(process: &Process) -> Shop {
        let program =
            process.caller("operator", OPERATOR).await.post("/v1/programs").json(settings()).await.expect(201);
        let root = text(&program, "root_account_id");
        let provider = process.caller("provider", &format!("{root}:admin")).await;
        let applications = format!("/v1/accounts/{root}/applications");
        let application = provider.post(applications).json(company::numbered(1)).await.expect(201);
        let distributor = text(&application, "account_id");
        let allocations = format!("/v1/accounts/{distributor}/allocations");
        provider.post(allocations).key("k").json(json!({ "amount": "1000.00" })).await.expect(201);
        Shop { root, distributor }
    }

    async fn buyer(&self, process: &Process) -> Caller {
        process.caller("buyer", &format!("{}:admin", self.distributor)).await
    }

    fn path(&self, what: &str) -> String {
        format!("/v1/accounts/{}/{what}", self.distributor)
    }
}

fn order(number: usize) -> Value {
    json!({ "list_amount": "10.00", "product": "Disk", "reference": format!("PO-{number}") })
}

#[tokio::test]
async fn everything_acknowledged_survives_kill_9() {
    const ORDERS: usize = 30;
    const ENOUGH: usize = 8;
    let data = tempfile::tempdir().unwrap();
    let process = Process::start(data.path()).await;
    let shop = Shop::open(&process).await;
    let buyer = shop.buyer(&process).await;
    let mut orders = tokio::task::JoinSet::new();
    for number in 0..ORDERS {
        let call = buyer.post(shop.path("purchases")).key(format!("k{number}")).json(order(number));
        orders.spawn(async move { (number, call.attempt().await) });
    }
    let mut acknowledged = Vec::new();
    let mut process = Some(process);
    while let Some(outcome) = orders.join_next().await {
        let (number, answer) = outcome.unwrap();
        if let Ok(answer) = answer
            && answer.status == 201
        {
            acknowledged.push((number, answer.json()));
        }
        if acknowledged.len() == ENOUGH
            && let Some(process) = process.take()
        {
            process.kill().await;
        }
    }
    assert!(acknowledged.len() >= ENOUGH, "{} orders were acknowledged", acknowledged.len());

    let process = Process::start(data.path()).await;
    let buyer = shop.buyer(&process).await;
    let bought = items(&buyer.get(shop.path("purchases?limit=200")).await.expect(200));
    for (number, answer) in &acknowledged {
        let is_there = bought.iter().any(|purchase| purchase["id"] == answer["purchase_id"]);
        assert!(is_there, "order {number} was acknowledged: {answer:#}");
        let again = buyer.post(shop.path("purchases")).key(format!("k{number}")).json(order(*number)).await;
        assert!(again.is_replayed(), "{again}");
        assert_eq!(again.expect(201), *answer, "the first answer again");
    }
    let verification = buyer.get(shop.path("verification")).await.expect(200);
    assert_eq!(verification, json!({ "consistent": true, "entries": bought.len() + 1, "next_cursor": null }));
    let position = buyer.get(shop.path("position")).await.expect(200);
    assert_eq!(position["used"], format!("{}.00", bought.len() * 8), "ten times 0.80 each");
    let root = process.caller("provider", &format!("{}:viewer", shop.root)).await;
    let parent = root.get(format!("/v1/accounts/{}/position", shop.root)).await.expect(200);
    assert_eq!(parent["allocated"], "1000.00");
}

#[tokio::test]
async fn ctrl_c_ends_it_and_leaves_no_process_behind() {
    let data = tempfile::tempdir().unwrap();
    let process = Process::start(data.path()).await;
    Shop::open(&process).await;
    let (url, children) = (process.url.clone(), children_of(process.id()));
    assert!(!children.is_empty() || !cfg!(target_os = "linux"), "functions run as processes");
    let status = process.interrupt().await;
    assert!(status.success(), "{status}");
    let left: Vec<u32> = children.into_iter().filter(|id| is_running(*id)).collect();
    assert_eq!(left, Vec::<u32>::new(), "processes that are left");
    let answer = Client::new(&url).anonymous().get("/_local/health").attempt().await;
    assert!(answer.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn it_says_why_it_does_not_start() {
    let data = tempfile::tempdir().unwrap();
    let process = Process::start(data.path()).await;
    let in_use = Process::run_in_vain(data.path(), "0").await;
    let said = String::from_utf8_lossy(&in_use.stderr).into_owned();
    assert!(!in_use.status.success() && said.contains(&*data.path().to_string_lossy()), "the folder is taken: {said}");
    let port = process.url.rsplit(':').next().unwrap();
    let other = tempfile::tempdir().unwrap();
    let in_use = Process::run_in_vain(other.path(), port).await;
    let said = String::from_utf8_lossy(&in_use.stderr).into_owned();
    assert!(!in_use.status.success() && said.contains(port), "the port is taken: {said}");
}
