//! A tree with a caller in every relation to the reseller that everything is about.

use serde_json::{Value, json};
use tests::program::{OPERATOR, items, new_key, text};
use tests::watch::until;
use tests::{Caller, Desk, Line, Program};

/// Where a caller's account stands, seen from the reseller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The reseller itself.
    Own,
    /// Its distributor.
    Parent,
    /// The provider.
    Provider,
    /// A customer of it.
    Child,
    /// Another reseller of the same distributor.
    Sibling,
    /// Another distributor.
    Uncle,
    /// The provider of another program.
    OtherProgram,
}

pub const RELATIONS: [Relation; 7] = [
    Relation::Own,
    Relation::Parent,
    Relation::Provider,
    Relation::Child,
    Relation::Sibling,
    Relation::Uncle,
    Relation::OtherProgram,
];

pub const ROLES: [&str; 5] = ["admin", "finance", "sales", "viewer", "verifier"];

/// What there is to ask for.
pub struct World {
    pub program: Program,
    /// The line that the reseller is in.
    pub line: Line,
    sibling: String,
    uncle: String,
    other: Program,
    /// An application for a customer of the reseller, with the distributor at present.
    pub application: String,
    /// A purchase of the reseller.
    pub purchase: String,
    /// An open hold of it.
    pub hold: String,
    /// A payment that it made.
    pub settlement: String,
    /// A notification in its inbox.
    pub notification: String,
}

impl World {
    /// The tree of a program, with `changes` to its settings.
    pub async fn with(changes: Value) -> World {
        let program = Program::with(changes).await;
        let line = program.funded_line(["5000.00", "500.00", "50.00"]).await;
        let sibling = program.onboard(&line.distributor).await;
        let uncle = program.onboard(&program.root).await;
        let applied = program.apply(&line.reseller, &program.company()).await.expect(201);
        // In every program somebody may buy.
        let memberships = format!("{}:admin {}:admin", line.reseller, program.root);
        let buyer = program.caller("buyer", &memberships);
        let buy = async |what: &str, order: Value| {
            let path = format!("/v1/accounts/{}/{what}", line.reseller);
            buyer.post(path).key(new_key()).json(&order).await.expect(201)
        };
        let bought = buy("purchases", json!({ "list_amount": "1.00", "product": "Disk" })).await;
        let expires_at = "2099-01-01T00:00:00Z";
        let held = buy("holds", json!({ "list_amount": "1.00", "product": "Disk", "expires_at": expires_at })).await;
        let settled = Desk(&program).settle(&line.distributor, &line.reseller, "0.10", None).await.expect(201);
        World {
            sibling,
            uncle,
            other: Program::create().await,
            application: text(&applied, "id"),
            purchase: text(&bought, "purchase_id"),
            hold: text(&held, "hold_id"),
            settlement: text(&settled, "settlement_id"),
            notification: notification(&program, &line.reseller).await,
            line,
            program,
        }
    }

    pub fn account(&self, relation: Relation) -> &str {
        match relation {
            Relation::Own => &self.line.reseller,
            Relation::Parent => &self.line.distributor,
            Relation::Provider => &self.program.root,
            Relation::Child => &self.line.customer,
            Relation::Sibling => &self.sibling,
            Relation::Uncle => &self.uncle,
            Relation::OtherProgram => &self.other.root,
        }
    }

    pub fn member(&self, relation: Relation, role: &str) -> Caller {
        self.program.member(self.account(relation), role)
    }

    pub fn operator(&self) -> Caller {
        self.program.caller("operator", OPERATOR)
    }

    /// A route's path with ids in place of its parameters.
    pub fn path(&self, route: &str) -> String {
        route
            .replace("{id}", &self.line.reseller)
            .replace("{program_id}", &self.program.id)
            .replace("{application_id}", &self.application)
            .replace("{purchase_id}", &self.purchase)
            .replace("{hold_id}", &self.hold)
            .replace("{settlement_id}", &self.settlement)
            .replace("{notification_id}", &self.notification)
    }
}

/// Has an account overdraw its quota and take that back, of which it is told.
async fn notification(program: &Program, account: &str) -> String {
    for (amount, source) in [("10000.00", "overdraft"), ("-10000.00", "credit")] {
        Desk(program).charge(account, amount, source).await.expect(201);
    }
    until(async || match items(&program.read(account, "notifications").await).first() {
        Some(notification) => Ok(text(notification, "id")),
        None => Err("an empty inbox".to_owned()),
    })
    .await
}
