//! Drawing what clients want: from the seed, and from what they were told so far.

use fastrand::Rng;
use serde_json::{Value, json};
use tests::company;

use crate::clock;
use crate::machine::Asked;
use crate::number::{amount, shown};
use crate::operation::{Effect, Known, Wish};
use crate::prepared::{Prepared, power};

/// Draws wishes.
pub struct Wisher {
    pub prepared: &'static Prepared,
    pub random: Rng,
    /// The accounts that most is about: the same for all clients of a world, and sometimes few.
    pub scope: Vec<usize>,
    /// Names whatever this client makes.
    pub name: String,
    pub made: usize,
    pub known: Known,
}

impl Wisher {
    /// The next wish, when `accepted` requests were accepted so far.
    pub fn next(&mut self, now_ms: i64, accepted: usize) -> Wish {
        self.made += 1;
        match self.random.u8(0..100) {
            0..=2 => self.capacity(),
            3..=9 => self.allocation(),
            10..=18 => self.adjustment(),
            19..=23 => self.rebalance(),
            24..=36 => self.purchase(now_ms, false),
            37..=42 => self.refund(),
            43..=50 => self.purchase(now_ms, true),
            51..=54 => self.of_hold("capture"),
            55..=57 => self.of_hold("release"),
            58..=65 => self.charge(now_ms),
            66..=71 => self.usage(now_ms),
            72..=79 => self.settlement(now_ms),
            80..=83 => self.payment(now_ms),
            84..=86 => self.reversal(),
            87..=90 => self.standing(),
            91..=92 => self.apply(),
            93..=94 => self.decide(),
            95 => self.closure(),
            _ if accepted > 0 => Wish::Again(self.random.usize(0..accepted)),
            _ => self.allocation(),
        }
    }

    fn post(&mut self, account: &str, what: &str, body: Value, who: &str, role: &str) -> Wish {
        let asked = Asked {
            method: "POST",
            path: format!("/v1/accounts/{account}/{what}"),
            body: Some(body),
            key: Some(format!("{}-{}", self.name, self.made)),
            sub: format!("somebody-of-{who}"),
            memberships: format!("{who}:{role}"),
        };
        Wish::Ask(asked, Effect::Posting)
    }

    /// An account below the provider and its parent; sometimes one that came into being since.
    fn child(&mut self) -> (String, String) {
        if !self.known.opened.is_empty() && self.random.u8(0..6) == 0 {
            return self.random.choice(&self.known.opened).expect("one").clone();
        }
        let accounts = &self.prepared.accounts;
        let child = &accounts[*self.random.choice(&self.scope).expect("an account")];
        let parent = &accounts[child.parent.expect("a parent")];
        (child.id.clone(), parent.id.clone())
    }

    /// Some money: often little, sometimes more than there is.
    fn money(&mut self) -> String {
        let one = power(self.prepared.digits);
        let minor = match self.random.u8(0..10) {
            0..=2 => self.random.i64(1..10 * one),
            3..=6 => self.random.i64(5 * one..40 * one),
            7..=8 => 5 * one * self.random.i64(1..20),
            _ => self.random.i64(100 * one..500 * one),
        };
        amount(minor.max(1), self.prepared.digits)
    }

    fn capacity(&mut self) -> Wish {
        let root = self.prepared.root().to_owned();
        let sign = if self.random.bool() { "" } else { "-" };
        let body = json!({ "delta": format!("{sign}{}", self.money()) });
        match self.post(&root, "capacity", body, "platform", "operator") {
            Wish::Ask(asked, effect) => Wish::Ask(Asked { sub: "operator".to_owned(), ..asked }, effect),
            other => other,
        }
    }

    fn allocation(&mut self) -> Wish {
        let ((child, parent), money) = (self.child(), self.money());
        self.post(&child, "allocations", json!({ "amount": money }), &parent, "finance")
    }

    fn change(&mut self) -> (&'static str, String) {
        let how = ["increase", "decrease", "decrease", "set"][self.random.usize(0..4)];
        (how, self.money())
    }

    fn adjustment(&mut self) -> Wish {
        let ((child, parent), (how, money)) = (self.child(), self.change());
        self.post(&child, "adjustments", json!({ how: money, "reason": "review" }), &parent, "admin")
    }

    fn rebalance(&mut self) -> Wish {
        let (_, parent) = self.child();
        let accounts = &self.prepared.accounts;
        let children: Vec<String> = accounts
            .iter()
            .filter(|account| account.parent.is_some_and(|place| accounts[place].id == parent))
            .map(|account| account.id.clone())
            .collect();
        let mut lines = Vec::new();
        for child in children {
            let (how, money) = self.change();
            lines.push(json!({ "account_id": child, how: money }));
        }
        self.post(&parent, "rebalances", json!({ "lines": lines, "reason": "review" }), &parent, "admin")
    }

    /// Who may order for an account.
    fn buyer(&mut self, child: &str, parent: &str) -> String {
        match (self.prepared.buys_provider, self.random.bool()) {
            (true, _) => self.prepared.root().to_owned(),
            (false, true) => child.to_owned(),
            (false, false) => parent.to_owned(),
        }
    }

    fn purchase(&mut self, now_ms: i64, is_hold: bool) -> Wish {
        let ((child, parent), money) = (self.child(), self.money());
        let buyer = self.buyer(&child, &parent);
        let mut body = json!({ "list_amount": money, "product": "seats" });
        if is_hold {
            body["expires_at"] = json!(clock::shown(now_ms + self.random.i64(500..60_000)));
        }
        self.post(&child, if is_hold { "holds" } else { "purchases" }, body, &buyer, "admin")
    }

    fn refund(&mut self) -> Wish {
        let Some((account, purchase)) = self.random.choice(&self.known.purchases).cloned() else {
            return self.purchase(0, false);
        };
        let mut body = json!({ "reason": "returned" });
        if self.random.bool() {
            body["list_amount"] = json!(self.money());
        }
        let root = self.prepared.root().to_owned();
        self.post(&account, &format!("purchases/{purchase}/refunds"), body, &root, "finance")
    }

    fn of_hold(&mut self, what: &str) -> Wish {
        let Some((account, hold)) = self.random.choice(&self.known.holds).cloned() else {
            return self.allocation();
        };
        let who = if self.prepared.buys_provider { self.prepared.root().to_owned() } else { account.clone() };
        self.post(&account, &format!("holds/{hold}/{what}"), json!({}), &who, "sales")
    }

    /// A line of a bill; one that was sent before, now and then.
    fn line(&mut self, now_ms: i64) -> (String, Value) {
        if !self.known.lines.is_empty() && self.random.u8(0..4) == 0 {
            return self.random.choice(&self.known.lines).expect("one").clone();
        }
        let (child, _) = self.child();
        let money = self.money();
        let list = match self.random.u8(0..8) {
            0 => format!("-{money}"),
            1 => "0".to_owned(),
            2 => format!("0.000{}", self.random.u32(1..10_000)),
            _ => money,
        };
        let line = json!({
            "list_amount": list, "source_id": format!("{}-line-{}", self.name, self.known.lines.len()),
            "service": "storage", "period_start": clock::shown(now_ms - 3_600_000), "period_end": clock::shown(now_ms),
        });
        self.known.lines.push((child.clone(), line.clone()));
        (child, line)
    }

    fn charge(&mut self, now_ms: i64) -> Wish {
        let (account, line) = self.line(now_ms);
        let source = line["source_id"].as_str().expect("a name").to_owned();
        let root = self.prepared.root().to_owned();
        match self.post(&account, "charges", line, &root, "finance") {
            Wish::Ask(asked, _) => Wish::Ask(Asked { key: None, ..asked }, Effect::Charge { account, source }),
            other => other,
        }
    }

    fn usage(&mut self, now_ms: i64) -> Wish {
        let lines: Vec<Value> = (0..self.random.usize(1..5))
            .map(|_| {
                let (account, mut line) = self.line(now_ms);
                line["account_id"] = json!(account);
                line
            })
            .collect();
        Wish::Tell("cloud-console", "UsageRecorded", self.detail(&json!({ "lines": lines })))
    }

    fn detail(&self, data: &Value) -> Value {
        let id = format!("{}-event-{}", self.name, self.made);
        json!({ "version": "1", "id": id, "program_id": self.prepared.program, "data": data })
    }

    /// A payment of a part of what an account owes; one that was sent before, now and then.
    fn paid(&mut self, now_ms: i64) -> (String, Value) {
        if !self.known.payments.is_empty() && self.random.u8(0..4) == 0 {
            return self.random.choice(&self.known.payments).expect("one").clone();
        }
        let (child, _) = self.child();
        let owed = self.known.used.get(&child).copied().unwrap_or_default();
        let part = owed * i128::from(self.random.u8(1..=16)) / 16;
        let money = match self.random.u8(0..6) {
            0 => self.money(),
            _ if part == 0 => self.money(),
            _ => shown(part / 1_000_000 * 1_000_000),
        };
        let payment = json!({
            "amount": money, "payment_reference": format!("{}-payment-{}", self.name, self.known.payments.len()),
            "method": "transfer", "paid_at": clock::shown(now_ms - 1_000),
        });
        self.known.payments.push((child.clone(), payment.clone()));
        (child, payment)
    }

    fn settlement(&mut self, now_ms: i64) -> Wish {
        let (child, mut body) = self.paid(now_ms);
        if self.random.u8(0..4) == 0 {
            body["backfill_amount"] = json!("0");
        }
        let parent = self.parent(&child);
        self.post(&child, "settlements", body, &parent, "finance")
    }

    fn payment(&mut self, now_ms: i64) -> Wish {
        let (child, mut data) = self.paid(now_ms);
        data["account_id"] = json!(child);
        Wish::Tell("finance", "PaymentReceived", self.detail(&data))
    }

    fn parent(&self, child: &str) -> String {
        let opened = self.known.opened.iter().find(|(id, _)| id == child).map(|(_, parent)| parent.clone());
        opened.unwrap_or_else(|| {
            let accounts = &self.prepared.accounts;
            let place = self.prepared.place(child).and_then(|place| accounts[place].parent).expect("a parent");
            accounts[place].id.clone()
        })
    }

    fn reversal(&mut self) -> Wish {
        let Some((account, settlement)) = self.random.choice(&self.known.settlements).cloned() else {
            return self.allocation();
        };
        let parent = self.parent(&account);
        let what = format!("settlements/{settlement}/reversal");
        self.post(&account, &what, json!({ "reason": "bounced" }), &parent, "admin")
    }

    /// A suspension, or mostly the end of one.
    fn standing(&mut self) -> Wish {
        let (child, parent) = self.child();
        let is_end = self.random.u8(0..3) > 0;
        let wish = self.post(&child, "suspension", json!({ "reason": "overdue" }), &parent, "admin");
        let Wish::Ask(asked, _) = wish else { return wish };
        let asked = match is_end {
            true => Asked { method: "DELETE", body: None, key: None, ..asked },
            false => Asked { key: None, ..asked },
        };
        Wish::Ask(asked, Effect::Other)
    }

    fn apply(&mut self) -> Wish {
        let resellers: Vec<String> = self
            .prepared
            .accounts
            .iter()
            .filter(|account| self.depth(account.parent) == 2)
            .map(|a| a.id.clone())
            .collect();
        let parent = self.random.choice(&resellers).expect("a reseller").clone();
        // A company that somebody else may apply for, too.
        let body = company::numbered(1_000 + self.random.u32(0..6));
        match self.post(&parent, "applications", body, &parent, "sales") {
            Wish::Ask(asked, _) => Wish::Ask(asked, Effect::Application),
            other => other,
        }
    }

    fn depth(&self, parent: Option<usize>) -> usize {
        parent.map_or(0, |parent| 1 + self.depth(self.prepared.accounts[parent].parent))
    }

    fn decide(&mut self) -> Wish {
        let Some((parent, application)) = self.random.choice(&self.known.applications).cloned() else {
            return self.apply();
        };
        let body = match self.random.u8(0..4) {
            0 => json!({ "decision": "reject", "reason": "no" }),
            _ => json!({ "decision": "approve" }),
        };
        let root = self.prepared.root().to_owned();
        let wish = self.post(&parent, &format!("applications/{application}/decisions"), body, &root, "verifier");
        let Wish::Ask(asked, _) = wish else { return wish };
        Wish::Ask(Asked { key: None, ..asked }, Effect::Other)
    }

    fn closure(&mut self) -> Wish {
        let (child, parent) = self.random.choice(&self.known.opened).cloned().unwrap_or_else(|| self.child());
        self.post(&child, "closure", json!({ "reason": "left" }), &parent, "admin")
    }
}
