//! Accounts that run out of quota, and what everybody has to hear of that.

use std::collections::{BTreeMap, HashMap, HashSet};

use local::{Options, Stack};
use serde_json::{Value, json};
use tests::program::{items, text};
use tests::watch::{Mail, types, until};
use tests::{Program, company, store};

/// What is told of a purchase that uses up everything at once.
pub const DEPLETION: [&str; 3] = ["PurchaseRecorded", "QuotaDepleted", "QuotaThresholdCrossed"];

/// The settings of a program in which an order costs what it lists, and nobody above runs out of quota.
fn settings() -> Value {
    json!({ "capacity": "9000000.00", "discounts": { "distributor": "0", "reseller": "0", "customer": "0" } })
}

/// A stack of a test's own. It lives as long as the process, as the shared one does.
pub async fn own_stack() -> &'static Stack {
    Box::leak(Box::new(tests::stack::start(Options::default()).await))
}

/// Accounts below one parent, which has more quota than they will ever be given.
pub struct World {
    pub program: Program,
    /// The parent, and whoever stands above it, nearest first.
    pub above: Vec<String>,
    /// Where the parent is mailed. A provider has no contact.
    parent_email: Option<String>,
}

/// An account and where it is mailed.
#[derive(Clone, Debug)]
pub struct Partner {
    pub id: String,
    pub email: String,
}

/// How often each person was mailed of one event, by address.
pub type Copies = BTreeMap<String, usize>;

impl World {
    /// Customers of a reseller: two people are mailed of each.
    pub async fn of_customers(stack: &'static Stack) -> World {
        let program = Program::on(stack, &settings()).await;
        let root = program.root.clone();
        let distributor = program.onboard(&root).await;
        invited(&program, &distributor).await;
        let reseller = partner(&program, &distributor).await;
        program.allocate(&root, &distributor, "3000000.00").await.expect(201);
        program.allocate(&distributor, &reseller.id, "1000000.00").await.expect(201);
        World { program, above: vec![reseller.id, distributor, root], parent_email: Some(reseller.email) }
    }

    /// Distributors of a provider: one person is mailed of each.
    pub async fn of_distributors(stack: &'static Stack) -> World {
        let program = Program::on(stack, &settings()).await;
        let above = vec![program.root.clone()];
        World { program, above, parent_email: None }
    }

    pub fn parent(&self) -> &str {
        &self.above[0]
    }

    /// A new account with so much quota.
    pub async fn customer(&self, quota: &str) -> Partner {
        let customer = partner(&self.program, self.parent()).await;
        self.program.allocate(self.parent(), &customer.id, quota).await.expect(201);
        customer
    }

    pub async fn customers(&self, count: usize, quota: &str) -> Vec<Partner> {
        let mut customers = Vec::with_capacity(count);
        for _ in 0..count {
            customers.push(self.customer(quota).await);
        }
        customers
    }

    pub fn stack(&self) -> &'static Stack {
        self.program.stack()
    }

    /// Waits until nothing that was posted to an account, or to its parent with it, has to be told or rolled up any more.
    /// That is all that relay does.
    pub async fn relayed(&self, customer: &Partner) {
        let newest = self.program.entries(&customer.id).await.swap_remove(0);
        let posting = text(&newest, "posting_id");
        until(async || match self.program.events_mentioning(&posting).await.len() {
            0 => Err(format!("nothing of {newest:#}")),
            _ => Ok(()),
        })
        .await;
        let line: Vec<&String> = std::iter::once(&customer.id).chain(&self.above).take(3).collect();
        for pair in line.windows(2) {
            let (account, parent) = (pair[0], pair[1]);
            until(async || {
                let position = version(self.stack(), &format!("ACCOUNT#{account}"), "POSITION").await;
                let rolled_up = version(self.stack(), &format!("ROLLUP#{parent}"), account).await;
                if position == rolled_up { Ok(()) } else { Err(format!("{account}: {rolled_up} of {position}")) }
            })
            .await;
        }
    }

    /// Waits until everything is told that an account's postings lead to, also what is told again.
    pub async fn all_told(&self, customer: &Partner) {
        // What is posted last is told last, and a charge of nothing raises no alert.
        self.program.all_events_of(&customer.id).await;
        self.relayed(customer).await;
    }

    /// The events of an account as often as the bus was told them, in that order.
    pub async fn deliveries(&self, customer: &Partner) -> Vec<Value> {
        let mut events = self.program.events_mentioning(&customer.id).await;
        events.retain(|event| event["detail"]["account_id"] == *customer.id && event["source"] == "partner-quota");
        events
    }

    /// Waits for the events of an account, all of these types at least.
    pub async fn told(&self, customer: &Partner, expected: &[&str]) -> Vec<Value> {
        until(async || {
            let events = self.deliveries(customer).await;
            let told = types(&events);
            let is_told = expected.iter().all(|expected| told.iter().any(|told| told == expected));
            if is_told { Ok(events) } else { Err(told.join(", ")) }
        })
        .await
    }

    /// Whom an event about an account is mailed to.
    fn addresses(&self, customer: &Partner) -> Vec<String> {
        std::iter::once(&customer.email).chain(&self.parent_email).cloned().collect()
    }

    /// What became of the mails of an event, by its id: one item a recipient.
    pub async fn mail_items(&self, event: &str) -> Vec<Value> {
        store::partition(self.stack(), &format!("MAILS#{event}")).await
    }

    /// Waits until each recipient of an event has the mail and the notifier knows that, or has sent it as often as it may.
    async fn mailed(&self, customer: &Partner, event: &str) -> Copies {
        let addresses = self.addresses(customer);
        until(async || {
            let items = self.mail_items(event).await;
            let is_settled =
                |mail: &Value| mail["status"] == "sent" || mail["status"] == "waiting" && mail["tries"] == "2";
            if items.len() != addresses.len() || !items.iter().all(is_settled) {
                return Err(format!("{items:#?}"));
            }
            let mut copies: Copies = addresses.iter().map(|address| (address.clone(), 0)).collect();
            for mail in self.mails_of(customer, event).await {
                *copies.get_mut(&mail.to).unwrap_or_else(|| panic!("mail to a stranger: {mail:#?}")) += 1;
            }
            if copies.values().all(|count| *count > 0) { Ok(copies) } else { Err(format!("{copies:?}")) }
        })
        .await
    }

    /// The mails of an event so far.
    pub async fn mails_of(&self, customer: &Partner, event: &str) -> Vec<Mail> {
        let mut mails = self.program.mails_about(&customer.id).await;
        mails.retain(|mail| mail.event == event);
        mails
    }

    /// Waits until everything is told that is to be mailed about an account, and checks it: one notification for each
    /// event in its inbox and in its parent's, and mail to the contacts of both. Answers how often they were mailed of
    /// each event.
    pub async fn check_told(&self, customer: &Partner) -> Vec<Copies> {
        let events = notified(&self.deliveries(customer).await);
        assert!(!events.is_empty(), "{} has nothing to hear", customer.id);
        let mut told = Vec::new();
        for event in &events {
            told.push(self.mailed(customer, event).await);
        }
        let known = self.program.mails_about(&customer.id).await;
        assert!(known.iter().all(|mail| events.contains(&mail.event)), "mail of another event: {known:#?}");
        for inbox in [&*customer.id, self.parent()] {
            assert_eq!(self.notifications(inbox, customer).await, events.len(), "in the inbox of {inbox}");
        }
        told
    }

    /// How many notifications about an account are in an inbox.
    pub async fn notifications(&self, inbox: &str, customer: &Partner) -> usize {
        let page = self.program.read(inbox, "notifications?limit=200").await;
        assert_eq!(page["next_cursor"], Value::Null, "more than a page");
        items(&page).iter().filter(|notification| notification["about_account_id"] == *customer.id).count()
    }

    /// Checks that nothing was given up on this stack.
    pub async fn check_nothing_died(&self) {
        let letters = self.program.client().anonymous().get("/_local/dead-letters").await.expect(200);
        assert_eq!(letters, json!([]), "dead letters");
    }
}

async fn partner(program: &Program, parent: &str) -> Partner {
    let company = company::with(&program.company(), &json!({ "locale": "en" }));
    let id = program.onboard_company(parent, &company).await;
    invited(program, &id).await;
    Partner { id, email: text(&company["contact"], "email") }
}

/// Waits until an account's first member is invited and the notifier knows that: what is counted or killed afterwards is
/// not busy with the invitation.
async fn invited(program: &Program, account: &str) {
    until(async || {
        let events = program.events_mentioning(account).await;
        let Some(event) = events.iter().find(|event| event["detail-type"] == "MemberInvited") else {
            return Err(format!("of {account}: {}", types(&events).join(", ")));
        };
        let mails = store::partition(program.stack(), &format!("MAILS#{}", text(&event["detail"], "id"))).await;
        if mails.iter().any(|mail| mail["status"] == "sent") { Ok(()) } else { Err(format!("{mails:#?}")) }
    })
    .await;
}

/// The version of an item; empty when there is none.
async fn version(stack: &Stack, partition: &str, sort: &str) -> String {
    let items = store::partition(stack, partition).await;
    let item = items.into_iter().find(|item| item["sort_key"] == *sort).unwrap_or_default();
    item["version"].as_str().unwrap_or_default().to_owned()
}

/// The ids of those events that are to be mailed, each once, in their order.
pub fn notified(events: &[Value]) -> Vec<String> {
    let mut seen = HashSet::new();
    let to_be_mailed = events.iter().filter(|event| event["detail"]["data"]["notify"] == true);
    to_be_mailed.map(|event| text(&event["detail"], "id")).filter(|id| seen.insert(id.clone())).collect()
}

/// Whether everybody was mailed once.
pub fn is_once(copies: &Copies) -> bool {
    copies.values().all(|count| *count == 1)
}

/// Each event once, where it came first; checks that what comes again is the same.
pub fn first_occurrences(events: &[Value]) -> Vec<&Value> {
    let mut known: HashMap<String, &Value> = HashMap::new();
    let mut first = Vec::new();
    for event in events {
        match known.insert(text(&event["detail"], "id"), event) {
            None => first.push(event),
            Some(before) => {
                assert_eq!([&before["detail-type"], &before["detail"]], [&event["detail-type"], &event["detail"]]);
            }
        }
    }
    first
}

/// Checks that each event was heard of for the first time only after everything that was posted to its account before.
pub fn check_order(events: &[Value]) {
    let seq: Vec<u64> =
        first_occurrences(events).iter().filter_map(|event| event["detail"]["data"]["seq"].as_u64()).collect();
    assert!(seq.is_sorted(), "the order of {seq:?} in {events:#?}");
}
