//! Programs: each test makes its own, so that tests never meet.

use std::sync::atomic::{AtomicU32, Ordering};

use local::Stack;
use serde_json::{Value, json};

use crate::client::{Answer, Caller, Client};
use crate::{company, stack};

/// The claim of the operator of the deployment.
pub const OPERATOR: &str = "platform:operator";

/// What a program is created with unless a test says otherwise: US dollars, nobody looks at applications, discounts that
/// make every tier's price another.
#[must_use]
pub fn settings() -> Value {
    json!({
        "name": "Nimbus Partners",
        "currency": "USD",
        "capacity": "100000.00",
        "discounts": { "distributor": "0.20", "reseller": "0.10", "customer": "0.05" },
        "verification": { "distributor": "automatic", "reseller": "automatic", "customer": "automatic" },
    })
}

/// A program and whoever has a role in it.
#[derive(Debug)]
pub struct Program {
    stack: &'static Stack,
    client: Client,
    /// The program's id.
    pub id: String,
    /// The provider's account.
    pub root: String,
    companies: AtomicU32,
}

/// One account of each tier, each below the one before.
#[derive(Clone, Debug)]
pub struct Line {
    /// Below the provider.
    pub distributor: String,
    /// Below the distributor.
    pub reseller: String,
    /// Below the reseller.
    pub customer: String,
}

impl Program {
    /// A program with the usual [`settings`].
    pub async fn create() -> Program {
        Program::with(json!({})).await
    }

    /// A program with `changes` to the usual [`settings`], on the shared stack.
    pub async fn with(changes: Value) -> Program {
        Program::on(stack::shared().await, &changes).await
    }

    /// A program on a certain stack.
    ///
    /// # Panics
    /// When it is not created.
    pub async fn on(stack: &'static Stack, changes: &Value) -> Program {
        let client = Client::new(stack.url());
        let settings = company::with(&settings(), changes);
        let answer = client.caller(stack, "operator", OPERATOR).post("/v1/programs").json(&settings).await;
        let body = answer.expect(201);
        let (id, root) = (text(&body, "id"), text(&body, "root_account_id"));
        Program { stack, client, id, root, companies: AtomicU32::new(0) }
    }

    /// The operator of the deployment.
    #[must_use]
    pub fn operator(&self) -> Caller {
        self.sign("operator", OPERATOR)
    }

    /// Somebody with this role in this account, and nowhere else.
    #[must_use]
    pub fn member(&self, account: &str, role: &str) -> Caller {
        self.sign(&format!("{role}-of-{account}"), &format!("{account}:{role}"))
    }

    /// Somebody with any memberships. No other program has a person of this name, as keys belong to persons.
    #[must_use]
    pub fn caller(&self, name: &str, memberships: &str) -> Caller {
        self.sign(&format!("{name}-of-{}", self.id), memberships)
    }

    fn sign(&self, sub: &str, memberships: &str) -> Caller {
        self.client.caller(self.stack, sub, memberships)
    }

    /// The stack that the program is on.
    #[must_use]
    pub fn stack(&self) -> &'static Stack {
        self.stack
    }

    /// Who speaks to the stack that the program is on.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A company that the program has not met.
    #[must_use]
    pub fn company(&self) -> Value {
        company::numbered(self.companies.fetch_add(1, Ordering::Relaxed))
    }

    /// Has the parent's admin apply for a company.
    pub async fn apply(&self, parent: &str, company: &Value) -> Answer {
        self.member(parent, "admin").post(format!("/v1/accounts/{parent}/applications")).json(company).await
    }

    /// Onboards a new company below `parent`; answers with the account's id.
    pub async fn onboard(&self, parent: &str) -> String {
        self.onboard_company(parent, &self.company()).await
    }

    /// Onboards a company below `parent`, with the approval of everybody whose turn it is; answers with the account's id.
    ///
    /// # Panics
    /// When it does not become an account.
    pub async fn onboard_company(&self, parent: &str, company: &Value) -> String {
        let mut application = self.apply(parent, company).await.expect(201);
        while application["status"] == "in_review" {
            let reviewer = text(&application, "pending_with");
            let role = if reviewer == self.root { "verifier" } else { "sales" };
            application =
                self.decide(&reviewer, role, &application, &json!({ "decision": "approve" })).await.expect(200);
        }
        assert_eq!(application["status"], "approved", "{application:#}");
        text(&application, "account_id")
    }

    /// Has somebody decide an application, as an answer shows it.
    pub async fn decide(&self, account: &str, role: &str, application: &Value, decision: &Value) -> Answer {
        let (parent, id) = (text(application, "parent_id"), text(application, "id"));
        let path = format!("/v1/accounts/{parent}/applications/{id}/decisions");
        self.member(account, role).post(path).json(decision).await
    }

    /// Onboards one account of each tier.
    pub async fn line(&self) -> Line {
        let distributor = self.onboard(&self.root).await;
        let reseller = self.onboard(&distributor).await;
        let customer = self.onboard(&reseller).await;
        Line { distributor, reseller, customer }
    }

    /// One account of each tier, with so much quota handed to each, the distributor first.
    pub async fn funded_line(&self, quota: [&str; 3]) -> Line {
        let line = self.line().await;
        self.allocate(&self.root, &line.distributor, quota[0]).await.expect(201);
        self.allocate(&line.distributor, &line.reseller, quota[1]).await.expect(201);
        self.allocate(&line.reseller, &line.customer, quota[2]).await.expect(201);
        line
    }

    /// Has the parent's admin hand quota to a child.
    pub async fn allocate(&self, parent: &str, child: &str, amount: &str) -> Answer {
        let body = json!({ "amount": amount });
        let path = format!("/v1/accounts/{child}/allocations");
        self.member(parent, "admin").post(path).key(new_key()).json(&body).await
    }

    /// Has an account's admin buy for it.
    pub async fn purchase(&self, account: &str, list_amount: &str) -> Answer {
        let body = json!({ "list_amount": list_amount, "product": "Virtual machine" });
        let path = format!("/v1/accounts/{account}/purchases");
        self.member(account, "admin").post(path).key(new_key()).json(&body).await
    }

    /// What an account's own viewer reads at a path below it, such as `position`.
    ///
    /// # Panics
    /// When the answer is not 200.
    pub async fn read(&self, account: &str, what: &str) -> Value {
        self.member(account, "viewer").get(format!("/v1/accounts/{account}/{what}")).await.expect(200)
    }

    /// The account's position.
    pub async fn position(&self, account: &str) -> Value {
        self.read(account, "position").await
    }

    /// All entries of an account, at most a page of them, newest first.
    pub async fn entries(&self, account: &str) -> Vec<Value> {
        items(&self.read(account, "entries?limit=200").await)
    }

    /// Checks that what an account has follows from its entries, of which there are `entries`, numbered without gaps.
    ///
    /// # Panics
    /// When it does not.
    pub async fn check_ledger(&self, account: &str, entries: usize) {
        let verification = self.read(account, "verification").await;
        let expected = json!({ "consistent": true, "entries": entries, "next_cursor": null });
        assert_eq!(verification, expected, "verification of {account}");
        let numbers: Vec<Value> = self.entries(account).await.iter().map(|entry| entry["seq"].clone()).collect();
        let without_gaps: Vec<Value> = (1..=entries).rev().map(Value::from).collect();
        assert_eq!(numbers, without_gaps, "seq of the entries of {account}");
        assert_eq!(self.position(account).await["seq"], entries, "seq of {account}");
    }
}

/// A key that nobody has used.
#[must_use]
pub fn new_key() -> String {
    format!("key-{:032x}", fastrand::u128(..))
}

/// A field that holds text.
///
/// # Panics
/// When it does not.
#[must_use]
#[track_caller]
pub fn text(body: &Value, field: &str) -> String {
    body[field].as_str().unwrap_or_else(|| panic!("no text in {field}: {body:#}")).to_owned()
}

/// The items of a page.
///
/// # Panics
/// When it is no page.
#[must_use]
#[track_caller]
pub fn items(page: &Value) -> Vec<Value> {
    page["items"].as_array().unwrap_or_else(|| panic!("no items: {page:#}")).clone()
}

/// The named fields of a body, for comparing a part of it.
#[must_use]
pub fn only(body: &Value, fields: &[&str]) -> Value {
    fields.iter().map(|field| ((*field).to_owned(), body[*field].clone())).collect::<serde_json::Map<_, _>>().into()
}
