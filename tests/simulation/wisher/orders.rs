//! Orders and usage.

use serde_json::{Value, json};

use super::Wisher;
use crate::number::amount;
use crate::operation::{Effect, Wish};
use crate::prepared::power;
use tests::in_process::clock;
use tests::in_process::gateway::Asked;

impl Wisher {
    /// Who may order for an account.
    pub(super) fn buyer(&mut self, child: &str, parent: &str) -> String {
        match (self.prepared.buys_provider, self.random.bool()) {
            (true, _) => self.prepared.root().to_owned(),
            (false, true) => child.to_owned(),
            (false, false) => parent.to_owned(),
        }
    }

    pub(super) fn purchase(&mut self, now_ms: i64, is_hold: bool) -> Wish {
        let ((child, parent), money) = (self.child(), self.money());
        let buyer = self.buyer(&child, &parent);
        let mut body = json!({ "list_amount": money, "product": "seats" });
        if is_hold {
            body["expires_at"] = json!(clock::shown(now_ms + self.random.i64(500..60_000)));
        }
        self.post(&child, if is_hold { "holds" } else { "purchases" }, body, &buyer, "admin")
    }

    /// A little for the account that everybody buys for.
    pub(super) fn rush(&mut self) -> Wish {
        let account = &self.prepared.accounts[self.scope[0]];
        let parent = self.prepared.accounts[account.parent.expect("a parent")].id.clone();
        let child = account.id.clone();
        let buyer = self.buyer(&child, &parent);
        let money = amount(power(self.prepared.digits) * self.random.i64(1..4), self.prepared.digits);
        self.post(&child, "purchases", json!({ "list_amount": money, "product": "seats" }), &buyer, "admin")
    }

    pub(super) fn refund(&mut self) -> Wish {
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

    pub(super) fn of_hold(&mut self, what: &str) -> Wish {
        let Some((account, hold)) = self.random.choice(&self.known.holds).cloned() else {
            return self.allocation();
        };
        let who = if self.prepared.buys_provider { self.prepared.root().to_owned() } else { account.clone() };
        self.post(&account, &format!("holds/{hold}/{what}"), json!({}), &who, "sales")
    }

    /// A line of a bill; one that was sent before, now and then.
    pub(super) fn line(&mut self, now_ms: i64) -> (String, Value) {
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

    pub(super) fn charge(&mut self, now_ms: i64) -> Wish {
        let (account, line) = self.line(now_ms);
        let source = line["source_id"].as_str().expect("a name").to_owned();
        let root = self.prepared.root().to_owned();
        match self.post(&account, "charges", line, &root, "finance") {
            Wish::Ask(asked, _) => Wish::Ask(Asked { key: None, ..asked }, Effect::Charge { account, source }),
            other => other,
        }
    }

    pub(super) fn usage(&mut self, now_ms: i64) -> Wish {
        let lines: Vec<Value> = (0..self.random.usize(1..5))
            .map(|_| {
                let (account, mut line) = self.line(now_ms);
                line["account_id"] = json!(account);
                line
            })
            .collect();
        Wish::Tell("cloud-console", "UsageRecorded", self.detail(&json!({ "lines": lines })))
    }
}
