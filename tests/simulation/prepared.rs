//! Programs that histories begin with: made through the API once for all worlds, then copied.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::company;

use crate::check::{Table, text};
use crate::cloud::{Cloud, Log};
use crate::faults::Weather;
use crate::machine::Machine;
use crate::number::amount;
use crate::wire::Actor;
use tests::in_process::clock::Clock;
use tests::in_process::declared::declared;
use tests::in_process::gateway::Asked;
use tests::in_process::store::Store;

/// When every world begins.
const BEGINNING_MS: i64 = 1_795_255_200_000;

/// An account that histories are about. The provider is the first one.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: String,
    pub parent: Option<usize>,
}

/// A program at rest: quota is handed out, and everything is told and rolled up.
pub struct Prepared {
    folder: TempDir,
    pub program: String,
    pub accounts: Vec<Account>,
    /// Minor digits of the currency.
    pub digits: usize,
    pub buys_provider: bool,
    /// The number of its last stream record.
    pub last_change: String,
    pub ended_ms: i64,
    /// The number of each account's last entry.
    pub seqs: BTreeMap<String, u64>,
    /// Names of idempotency records.
    pub records: BTreeSet<String>,
    pub applications: BTreeSet<String>,
    pub notifications: BTreeSet<String>,
}

struct Shape {
    currency: &'static str,
    digits: usize,
    discounts: [&'static str; 3],
    purchases: &'static str,
    /// The parents of all accounts but the provider.
    parents: &'static [usize],
    /// Alert policies, by account.
    policies: &'static [(usize, &'static str)],
}

const SHAPES: [Shape; 3] = [
    Shape {
        currency: "USD",
        digits: 2,
        discounts: ["0.20", "0.10", "0.05"],
        purchases: "partners",
        parents: &[0, 1, 1, 2, 2, 3],
        policies: &[(
            4,
            r#"{"thresholds": [{"percent": "50"}, {"amount": "30.00"}, {"percent": "5"}],
                "recipients": [{"email": "desk@partner.example", "locale": "ja"}]}"#,
        )],
    },
    Shape {
        currency: "KRW",
        digits: 0,
        discounts: ["0.3", "0.3", "0"],
        purchases: "partners",
        parents: &[0, 0, 1, 2, 3, 4],
        policies: &[(5, r#"{"thresholds": []}"#)],
    },
    Shape {
        currency: "KWD",
        digits: 3,
        discounts: ["0", "0", "0"],
        purchases: "provider",
        parents: &[0, 1, 2, 2],
        policies: &[],
    },
];

/// How many programs there are to begin with.
pub const PROGRAMS: usize = SHAPES.len();

/// One of them.
pub fn prepared(number: usize) -> &'static Prepared {
    static PREPARED: [OnceLock<Prepared>; PROGRAMS] = [const { OnceLock::new() }; PROGRAMS];
    PREPARED[number].get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.expect("a runtime").block_on(prepare(&SHAPES[number]))
    })
}

impl Prepared {
    pub fn snapshot(&self) -> PathBuf {
        self.folder.path().join("store.db")
    }

    pub fn root(&self) -> &str {
        &self.accounts[0].id
    }

    /// The place of an account that the history began with.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.accounts.iter().position(|account| account.id == id)
    }
}

struct Maker {
    machine: Machine,
    cloud: Arc<Cloud>,
    accounts: Vec<Account>,
    shape: &'static Shape,
}

async fn prepare(shape: &'static Shape) -> Prepared {
    let cloud = Arc::new(Cloud::new(Store::empty(), Clock::from(BEGINNING_MS), Weather::fair(), &Log::default()));
    let machine = Machine::new(Actor::new(0, "preparation"), &cloud);
    let mut maker = Maker { machine, cloud, accounts: Vec::new(), shape };
    let program = maker.program().await;
    for (number, parent) in shape.parents.iter().enumerate() {
        maker.account(number, *parent).await;
    }
    maker.hand_out().await;
    for (account, policy) in shape.policies {
        let id = maker.accounts[*account].id.clone();
        let body = serde_json::from_str(policy).expect("JSON");
        maker.ask("PUT", &format!("/v1/accounts/{id}/alert-policy"), &body, &format!("{id}:admin"), 200).await;
    }
    let last_change = maker.relay().await;
    let table = Table::read(&maker.cloud.store.items());
    let ids = |kind: &str, name: &str| table.of_kind(kind).map(|item| text(item, name)).collect();
    let folder = TempDir::new().expect("a folder");
    maker.cloud.store.snapshot(&folder.path().join("store.db"));
    Prepared {
        folder,
        program,
        accounts: maker.accounts,
        digits: shape.digits,
        buys_provider: shape.purchases == "provider",
        last_change,
        ended_ms: maker.cloud.clock.now_ms() + 1_000,
        seqs: table.positions.values().map(|position| (position.id.clone(), position.seq)).collect(),
        records: table.records.keys().cloned().collect(),
        applications: ids("application", "application_id"),
        notifications: ids("notification", "notification_id"),
    }
}

impl Maker {
    async fn ask(&mut self, method: &'static str, path: &str, body: &Value, memberships: &str, status: u16) -> Value {
        let asked = Asked {
            method,
            path: path.to_owned(),
            body: Some(body.clone()),
            key: Some(format!("preparation-{path}-{body}").chars().filter(char::is_ascii_graphic).take(200).collect()),
            sub: memberships.to_owned(),
            memberships: memberships.to_owned(),
        };
        let told = self.machine.ask(&asked).await.expect("an answer");
        assert_eq!(told.status, status, "{asked:?}: {told:?}");
        told.body
    }

    async fn program(&mut self) -> String {
        let Shape { currency, digits, discounts, purchases, .. } = self.shape;
        let body = json!({
            "name": "Simulated", "currency": currency, "capacity": amount(1_000 * power(*digits), *digits),
            "discounts": { "distributor": discounts[0], "reseller": discounts[1], "customer": discounts[2] },
            "verification": { "distributor": "manual", "reseller": "manual", "customer": "manual" },
            "purchases": purchases,
        });
        let program = self.ask("POST", "/v1/programs", &body, "platform:operator", 201).await;
        let root = program["root_account_id"].as_str().expect("an id").to_owned();
        self.accounts.push(Account { id: root, parent: None });
        program["id"].as_str().expect("an id").to_owned()
    }

    async fn account(&mut self, number: usize, parent: usize) {
        let (root, above) = (self.accounts[0].id.clone(), self.accounts[parent].id.clone());
        let company = company::numbered(u32::try_from(number).expect("a small number"));
        let path = format!("/v1/accounts/{above}/applications");
        let application = self.ask("POST", &path, &company, &format!("{above}:admin"), 201).await;
        assert_eq!(application["status"], "in_review", "{application}");
        let path = format!("{path}/{}/decisions", application["id"].as_str().expect("an id"));
        let decided =
            self.ask("POST", &path, &json!({ "decision": "approve" }), &format!("{root}:verifier"), 200).await;
        let id = decided["account_id"].as_str().unwrap_or_else(|| panic!("no account: {decided}")).to_owned();
        self.accounts.push(Account { id, parent: Some(parent) });
    }

    /// To each account so much that it is soon used up.
    async fn hand_out(&mut self) {
        for place in 1..self.accounts.len() {
            let parent = self.accounts[place].parent.expect("a parent");
            let (id, above) = (self.accounts[place].id.clone(), self.accounts[parent].id.clone());
            let whole = match self.depth(place) {
                1 => 400,
                2 => 180,
                _ => 60,
            };
            let body = json!({ "amount": amount(whole * power(self.shape.digits), self.shape.digits) });
            self.ask("POST", &format!("/v1/accounts/{id}/allocations"), &body, &format!("{above}:admin"), 201).await;
        }
    }

    fn depth(&self, place: usize) -> usize {
        self.accounts[place].parent.map_or(0, |parent| 1 + self.depth(parent))
    }

    /// Tells and rolls up everything; answers with the number of the last change.
    async fn relay(&mut self) -> String {
        let mut last: Option<String> = None;
        loop {
            let changes = self.cloud.store.changes(last.as_deref());
            let Some(newest) = changes.last() else { return last.expect("changes") };
            last = Some(newest["dynamodb"]["SequenceNumber"].as_str().expect("a number").to_owned());
            let delivery = declared().stream_of("relay").expect("the relay's stream");
            let wanted: Vec<Value> = changes.into_iter().filter(|change| delivery.takes(change)).collect();
            for batch in wanted.chunks(delivery.batch_size()) {
                assert_eq!(self.machine.relay(batch).await, Ok(Vec::new()));
            }
        }
    }
}

/// How many of the currency's smallest units one is.
pub fn power(digits: usize) -> i64 {
    10_i64.pow(u32::try_from(digits).expect("few digits"))
}
