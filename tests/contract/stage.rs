//! A program in which every operation of the description has something to be done to.

use serde_json::{Value, json};
use tests::client::Call;
use tests::contract::Operation;
use tests::moment::later;
use tests::program::{OPERATOR, items, new_key, text};
use tests::watch::until;
use tests::{Caller, Desk, Line, Program};

/// The most seconds that a hold of an example is still to run.
const HOLD_SECONDS: i64 = 3_600;

/// A program with accounts in every tier.
pub struct World {
    program: Program,
    line: Line,
    /// A second customer of the reseller.
    neighbour: String,
}

/// Who asks for an operation, with what in place of the example's own ids and times.
pub struct Stage {
    caller: Caller,
    /// The values of path parameters.
    path: Vec<(&'static str, String)>,
    /// What stands in certain places of the body.
    body: Vec<(&'static str, Value)>,
}

impl World {
    /// Customers are looked at by the provider, all others come in at once.
    pub async fn create() -> World {
        let policies = json!({ "distributor": "automatic", "reseller": "automatic", "customer": "manual" });
        let program = Program::with(json!({ "verification": policies })).await;
        let line = program.funded_line(["50000.00", "20000.00", "5000.00"]).await;
        let neighbour = program.onboard(&line.reseller).await;
        program.allocate(&line.reseller, &neighbour, "100.00").await.expect(201);
        World { program, line, neighbour }
    }

    /// Prepares what an operation is done to, anew at each call.
    pub async fn stage(&self, operation: &Operation) -> Stage {
        let Line { distributor, reseller, customer } = &self.line;
        let (program, root, id) = (&self.program, &self.program.root, operation.id());
        let by = |account: &str, role: &str| program.member(account, role);
        match id {
            "createProgram" => Stage::of(program.caller("operator", OPERATOR)),
            "getProgram" => Stage::of(by(root, "viewer")).at("program_id", &program.id),
            "listProgramApplications" => {
                self.application().await;
                Stage::of(by(root, "verifier")).at("program_id", &program.id)
            }
            "checkRegistration" | "apply" | "importApplications" => Stage::about(distributor, by(distributor, "sales")),
            "listApplications" => {
                self.application().await;
                Stage::about(reseller, by(reseller, "viewer"))
            }
            "getApplication" | "amendApplication" | "decideApplication" | "withdrawApplication" => {
                self.of_application(id).await
            }
            "getAccount" | "getMe" | "getOverview" | "listChildren" | "getTree" | "getPosition" | "listEntries"
            | "verifyAccount" | "getAlertPolicy" => Stage::about(reseller, by(reseller, "viewer")),
            "getOpenApi" => Stage::of(program.client().anonymous()),
            "amendAccount" => Stage::about(reseller, by(distributor, "admin")),
            "listMembers" | "putMember" => Stage::about(reseller, by(reseller, "admin")),
            "removeMember" => self.of_member(operation).await,
            "suspendAccount" | "reinstateAccount" | "closeAccount" => self.of_standing(id).await,
            "setCapacity" => Stage::about(root, program.caller("operator", OPERATOR)),
            "allocate" | "adjust" => Stage::about(customer, by(reseller, "finance")),
            "rebalance" => Stage::about(reseller, by(reseller, "finance"))
                .with("/lines/0/account_id", json!(customer))
                .with("/lines/1/account_id", json!(self.neighbour)),
            "purchase" => Stage::about(customer, by(customer, "sales")),
            "placeHold" => {
                let now = text(&program.position(customer).await, "as_of");
                let expires_at = json!(later(&now, HOLD_SECONDS));
                Stage::about(customer, by(customer, "sales")).with("/expires_at", expires_at)
            }
            "listPurchases" | "getPurchase" | "refund" | "listHolds" | "getHold" | "captureHold" | "releaseHold" => {
                self.of_order(id).await
            }
            "charge" => Stage::about(customer, by(root, "finance")),
            "settle" | "listSettlements" | "reverseSettlement" => self.of_payment(id).await,
            "setAlertPolicy" => Stage::about(reseller, by(reseller, "admin")),
            "listNotifications" | "markRead" | "markAllRead" => self.of_inbox(id).await,
            _ => panic!("nothing is prepared for {id}"),
        }
    }

    /// An application for a customer, which the provider has to decide.
    async fn application(&self) -> Value {
        let applied = self.program.apply(&self.line.reseller, &self.program.company()).await.expect(201);
        assert_eq!(applied["status"], "in_review", "{applied:#}");
        applied
    }

    async fn of_application(&self, id: &str) -> Stage {
        let application = self.application().await;
        let (reseller, root) = (&self.line.reseller, &self.program.root);
        let question = json!({ "decision": "request_info", "reason": "Which one?" });
        let caller = match id {
            "getApplication" => self.program.member(reseller, "viewer"),
            "decideApplication" => self.program.member(root, "verifier"),
            "amendApplication" => {
                self.program.decide(root, "verifier", &application, &question).await.expect(200);
                self.program.member(reseller, "sales")
            }
            _ => self.program.member(reseller, "sales"),
        };
        Stage::about(reseller, caller).at("application_id", &text(&application, "id"))
    }

    async fn of_member(&self, operation: &Operation) -> Stage {
        let reseller = &self.line.reseller;
        let admin = self.program.member(reseller, "admin");
        let parameters = operation.parameters_in("query");
        let email = parameters.iter().find(|(name, _)| *name == "email").map(|(_, parameter)| &parameter["example"]);
        let member = json!({ "email": email, "roles": ["viewer"] });
        admin.call("PUT".parse().unwrap(), format!("/v1/accounts/{reseller}/members")).json(member).await.expect(200);
        Stage::about(reseller, admin)
    }

    async fn of_standing(&self, id: &str) -> Stage {
        let account = self.program.onboard(&self.line.reseller).await;
        let admin = self.program.member(&self.line.reseller, "admin");
        if id == "reinstateAccount" {
            let path = format!("/v1/accounts/{account}/suspension");
            admin.post(path).json(json!({ "reason": "Overdue" })).await.expect(200);
        }
        Stage::about(&account, admin)
    }

    async fn of_order(&self, id: &str) -> Stage {
        let (customer, root) = (&self.line.customer, &self.program.root);
        let bought = self.program.purchase(customer, "100.00").await.expect(201);
        let hold = Desk(&self.program).open_hold(customer, "100.00").await;
        let hold = hold.rsplit('/').next().unwrap_or_default();
        let caller = match id {
            "refund" => self.program.member(root, "finance"),
            "captureHold" | "releaseHold" => self.program.member(customer, "sales"),
            _ => self.program.member(&self.line.reseller, "viewer"),
        };
        Stage::about(customer, caller).at("purchase_id", &text(&bought, "purchase_id")).at("hold_id", hold)
    }

    async fn of_payment(&self, id: &str) -> Stage {
        let Line { reseller, customer, .. } = &self.line;
        let finance = self.program.member(reseller, "finance");
        self.program.purchase(customer, "200.00").await.expect(201);
        let payment = json!({
            "amount": "10.00", "payment_reference": new_key(), "method": "cash", "paid_at": "2026-01-02T03:04:05Z",
        });
        let path = format!("/v1/accounts/{customer}/settlements");
        let settled = finance.post(path).key(new_key()).json(payment).await.expect(201);
        let caller = if id == "listSettlements" { self.program.member(customer, "viewer") } else { finance };
        Stage::about(customer, caller).at("settlement_id", &text(&settled, "settlement_id"))
    }

    /// The reseller hears of it when its customer overdraws, and when that is over.
    async fn of_inbox(&self, id: &str) -> Stage {
        let Line { reseller, customer, .. } = &self.line;
        for amount in ["100000.00", "-100000.00"] {
            Desk(&self.program).charge(customer, amount, &new_key()).await.expect(201);
        }
        let unread = until(async || {
            let inbox = self.program.read(reseller, "notifications?unread=true").await;
            items(&inbox)
                .first()
                .map(|notification| text(notification, "id"))
                .ok_or_else(|| "an empty inbox".to_owned())
        })
        .await;
        let role = if id == "listNotifications" { "viewer" } else { "sales" };
        Stage::about(reseller, self.program.member(reseller, role)).at("notification_id", &unread)
    }
}

impl Stage {
    fn of(caller: Caller) -> Stage {
        Stage { caller, path: Vec::new(), body: Vec::new() }
    }

    fn about(account: &str, caller: Caller) -> Stage {
        Stage::of(caller).at("id", account)
    }

    fn at(mut self, name: &'static str, value: &str) -> Stage {
        self.path.push((name, value.to_owned()));
        self
    }

    fn with(mut self, pointer: &'static str, value: Value) -> Stage {
        self.body.push((pointer, value));
        self
    }

    /// A request of the operation with this query, without a body.
    pub fn call(&self, operation: &Operation, query: &[(&str, String)]) -> Call {
        let mut path = operation.path.to_owned();
        for (name, value) in &self.path {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        assert!(!path.contains('{'), "nothing is prepared for a parameter of {path}");
        let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let question = if query.is_empty() { "" } else { "?" };
        self.caller.call(operation.method.parse().unwrap(), format!("{path}{question}{}", query.join("&")))
    }

    /// The example of the body with what stands for its ids and times here.
    pub fn body(&self, example: &Value) -> Value {
        let mut body = example.clone();
        for (pointer, value) in &self.body {
            let place = body.pointer_mut(pointer).unwrap_or_else(|| panic!("nothing at {pointer} of {example:#}"));
            *place = value.clone();
        }
        body
    }
}

/// Everything percent-encoded that could mean something in a query.
fn encoded(value: &str) -> String {
    let shown = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    value.bytes().map(shown).collect()
}
