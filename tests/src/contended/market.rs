//! One account that many buy for at the same time.

use std::sync::Arc;

use lambda_runtime::Context;
use onboarding::Directory;
use serde_json::{Value, json};

use super::{Contended, Line};
use crate::company;
use crate::in_process::gateway::{Asked, Http, Told, http, request, told};

/// What the customer of a market is granted: more than anybody buys for.
pub const PLENTY: &str = "1000000.00";

/// Where `onboarding` finds nobody: applications are looked at by people.
const NO_DIRECTORY: &str = "http://127.0.0.1:9";

/// A customer of a reseller of a distributor.
pub struct Market {
    /// The store.
    pub world: Arc<Contended>,
    /// The customer's account.
    pub customer: String,
}

/// A function instance, and how it is asked.
pub struct Instance {
    world: Arc<Contended>,
    http: Http,
}

impl Instance {
    /// Asks it; answers with what a client is told.
    ///
    /// # Panics
    /// When there is no response.
    pub async fn ask(&self, asked: &Asked) -> Told {
        let request = request(asked, self.world.clock.now_ms(), Context::default());
        told(&(self.http)(request).await.expect("a response"))
    }
}

impl Market {
    /// A program whose customer has that much quota.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn open(seed: u64, quota: &str) -> Market {
        let world = Contended::new(seed);
        let mut maker = Maker { line: Line::new(&world, u64::MAX), world: Arc::clone(&world), asked: 0 };
        let body = json!({
            "name": "Market", "currency": "USD", "capacity": PLENTY,
            "discounts": { "distributor": "0.20", "reseller": "0.10", "customer": "0.05" },
            "verification": { "distributor": "manual", "reseller": "manual", "customer": "manual" },
        });
        let program = maker.post("/v1/programs", body, "platform:operator").await;
        let root = program["root_account_id"].as_str().expect("an id").to_owned();
        let mut above = root.clone();
        for number in 1..=3 {
            let below = maker.account(&root, &above, number).await;
            let path = format!("/v1/accounts/{below}/allocations");
            maker.post(&path, json!({ "amount": quota }), &format!("{above}:admin")).await;
            above = below;
        }
        world.take_counts();
        Market { world, customer: above }
    }

    /// An instance of the function `purchasing` that has just started.
    #[must_use]
    pub fn instance(&self, line: &Line) -> Instance {
        Instance { world: Arc::clone(&self.world), http: http(purchasing::service(line.ledger())) }
    }

    /// What a buyer of the customer asks: `what` is `purchases` or another collection.
    #[must_use]
    pub fn order(&self, what: &str, key: &str, body: Value) -> Asked {
        Asked {
            method: "POST",
            path: format!("/v1/accounts/{}/{what}", self.customer),
            body: Some(body),
            key: Some(key.to_owned()),
            sub: "buyer".to_owned(),
            memberships: format!("{}:sales", self.customer),
        }
    }
}

struct Maker {
    world: Arc<Contended>,
    line: Line,
    asked: usize,
}

impl Maker {
    async fn post(&mut self, path: &str, body: Value, memberships: &str) -> Value {
        self.asked += 1;
        let asked = Asked {
            method: "POST",
            path: path.to_owned(),
            body: Some(body),
            key: Some(format!("making-{}", self.asked)),
            sub: memberships.to_owned(),
            memberships: memberships.to_owned(),
        };
        let ledger = self.line.ledger();
        let http = if path.ends_with("/allocations") {
            http(allocation::service(ledger))
        } else {
            http(onboarding::service(ledger, Directory::at(NO_DIRECTORY).expect("an address")))
        };
        let told = Instance { world: Arc::clone(&self.world), http }.ask(&asked).await;
        assert!(told.status < 300, "{asked:?}: {told:?}");
        told.body
    }

    async fn account(&mut self, root: &str, parent: &str, number: u32) -> String {
        let path = format!("/v1/accounts/{parent}/applications");
        let application = self.post(&path, company::numbered(number), &format!("{parent}:admin")).await;
        let path = format!("{path}/{}/decisions", application["id"].as_str().expect("an id"));
        let decided = self.post(&path, json!({ "decision": "approve" }), &format!("{root}:verifier")).await;
        decided["account_id"].as_str().expect("an id").to_owned()
    }
}
