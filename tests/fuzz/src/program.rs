//! A prepared program that every input meets as it was made: one account of each tier with quota, an order, a hold, a
//! payment, applications, a notification.

use serde_json::{Value, json};

use crate::answer;
use crate::call::Call;
use crate::services::Services;

/// The functions and what they find.
pub struct Program {
    /// The functions.
    pub services: Services,
    /// Ids by the names that the corpus uses for them.
    pub names: Vec<(&'static str, String)>,
}

/// Numbers companies, so that no two are the same.
const FIRST_COMPANY: u64 = 3_100_000_001;

thread_local! {
    static PROGRAM: Program = Program::prepare();
}

/// Lends the program of this thread.
pub fn with<T>(work: impl FnOnce(&Program) -> T) -> T {
    PROGRAM.with(work)
}

impl Program {
    fn prepare() -> Program {
        let mut program = Program { services: Services::start(), names: Vec::new() };
        let created = program.ask("POST /v1/programs", &settings());
        program.name("program", &created, "id");
        program.name("provider", &created, "root_account_id");
        for (number, parent, child) in [
            (0, "provider", "distributor"),
            (1, "distributor", "reseller"),
            (2, "reseller", "customer"),
            (3, "reseller", "idle"),
        ] {
            program.admit(number, parent, child);
        }
        for (account, amount) in [("distributor", "100000.00"), ("reseller", "50000.00"), ("customer", "10000.00")] {
            program.ask(&format!("POST /v1/accounts/{{{account}}}/allocations"), &json!({ "amount": amount }));
        }
        program.trade();
        program.apply(4, "application");
        program.apply(5, "asked");
        let asked = json!({ "decision": "request_info", "reason": "Which office?" });
        program.ask("POST /v1/accounts/{reseller}/applications/{asked}/decisions", &asked);
        program.ask("POST /v1/accounts/{idle}/suspension", &json!({ "reason": "Nobody is there." }));
        let member = json!({ "email": "lee@vendor.example", "roles": ["viewer"] });
        program.ask("PUT /v1/accounts/{customer}/members", &member);
        program.notify();
        program.services.store.close();
        program
    }

    /// Everything that leaves a record which can be named.
    fn trade(&mut self) {
        let order = json!({ "list_amount": "1000.00", "product": "Object storage" });
        let bought = self.ask("POST /v1/accounts/{customer}/purchases", &order);
        self.name("purchase", &bought, "purchase_id");
        let hold = json!({ "list_amount": "100.00", "product": "Machines", "expires_at": "2027-01-01T00:00:00Z" });
        let held = self.ask("POST /v1/accounts/{customer}/holds", &hold);
        self.name("hold", &held, "hold_id");
        let payment = json!({
            "amount": "100.00", "payment_reference": "INV-1", "method": "bank_transfer", "paid_at": "2026-09-01T00:00:00Z",
        });
        let settled = self.ask("POST /v1/accounts/{customer}/settlements", &payment);
        self.name("settlement", &settled, "settlement_id");
    }

    fn admit(&mut self, number: u64, parent: &str, child: &'static str) {
        let path = format!("POST /v1/accounts/{{{parent}}}/applications");
        let application = self.ask(&path, &company(number));
        let path = format!("{path}/{}/decisions", application["id"].as_str().expect("an id"));
        let approved = self.ask(&path, &json!({ "decision": "approve" }));
        self.name(child, &approved, "account_id");
    }

    fn apply(&mut self, number: u64, name: &'static str) {
        let application = self.ask("POST /v1/accounts/{reseller}/applications", &company(number));
        self.name(name, &application, "id");
    }

    fn notify(&mut self) {
        let (customer, reseller) = (self.id("customer"), self.id("reseller"));
        let event = json!({
            "version": "0", "id": "d-1", "source": "partner-quota", "detail-type": "QuotaDepleted",
            "time": "2026-09-21T14:13:20Z",
            "detail": {
                "version": "1", "id": "evt-1", "occurred_at": "2026-09-21T14:13:20.000Z", "account_id": customer,
                "parent_id": reseller,
                "data": {"notify": true, "seq": 3, "currency": "USD", "granted": "10000.00", "available": "0.00"},
            },
        });
        assert!(!self.services.notify(&event.to_string()), "the notification is told");
        let stored = self.services.store.items(&format!("NOTIFICATIONS#{customer}"));
        self.names.push(("notification", stored[0]["sort_key"]["S"].as_str().expect("an id").to_owned()));
    }

    /// The id that has a name.
    pub fn id(&self, name: &str) -> &str {
        self.names.iter().find(|(known, _)| *known == name).map(|(_, id)| id.as_str()).expect("a name")
    }

    /// The claims of somebody who may do everything that anybody may, except what takes two people.
    pub fn claims(&self, sub: &str) -> Value {
        let accounts = ["provider", "distributor", "reseller", "customer", "idle"];
        let mut memberships: Vec<String> = accounts.map(|account| format!("{}:admin", self.id(account))).to_vec();
        memberships.extend([format!("{}:verifier", self.id("provider")), "platform:operator".to_owned()]);
        json!({ "sub": sub, "email": "kim@vendor.example", "memberships": memberships.join(" ") })
    }

    /// A request of the preparation; it succeeds.
    fn ask(&self, line: &str, body: &Value) -> Value {
        // Each of them is a person of its own: nobody decides an application that they submitted.
        let (sub, mut memberships) = (format!("{line} {body}"), vec!["platform:operator".to_owned()]);
        memberships.extend(self.names.iter().flat_map(|(_, id)| [format!("{id}:admin"), format!("{id}:verifier")]));
        let claims = json!({ "sub": sub, "memberships": memberships.join(" ") });
        let text = format!("{line}\ncontent-type: application/json\nidempotency-key: k\n\n{body}");
        let call = Call::read(text.as_bytes(), &self.names).expect("a request");
        let response = self.services.respond(&call, &claims).expect("a route");
        let answer = answer::check(&response);
        assert!(answer.status < 300, "{line}: {}", answer.body);
        answer.body
    }

    fn name(&mut self, name: &'static str, answer: &Value, member: &str) {
        let id = answer[member].as_str().unwrap_or_else(|| panic!("no {member} in {answer}"));
        self.names.push((name, id.to_owned()));
    }
}

fn settings() -> Value {
    json!({
        "name": "Nimbus Partners", "currency": "USD", "capacity": "1000000.00", "admin": "kim@vendor.example",
        "discounts": {"distributor": "0.20", "reseller": "0.10", "customer": "0.05"},
        "verification": {"distributor": "manual", "reseller": "manual", "customer": "manual"},
    })
}

fn company(number: u64) -> Value {
    json!({
        "console_account_id": (FIRST_COMPANY + number).to_string(), "legal_name": format!("Hanbit {number}"),
        "country": "KR", "registration_number": format!("1-{number}"), "website": "https://hanbit.example",
        "contact": {"name": "Kim", "email": format!("kim@hanbit{number}.example"), "phone": "+82 2 123"}, "locale": "ko",
    })
}
