//! Drawing what clients want: from the seed, and from what they were told so far.

mod onboarding;
mod orders;
mod payments;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::number::amount;
use crate::operation::{Effect, Known, Wish};
use crate::prepared::{Prepared, power};
use tests::in_process::gateway::Asked;

/// Draws wishes.
pub struct Wisher {
    pub prepared: &'static Prepared,
    pub random: Rng,
    /// The accounts that most is about: the same for all clients of a world, and sometimes few.
    pub scope: Vec<usize>,
    /// Names whatever this client makes.
    pub name: String,
    pub made: usize,
    /// Whether most of what is wanted is to buy for one account.
    pub is_rush: bool,
    pub known: Known,
}

impl Wisher {
    /// The next wish, when `accepted` requests were accepted so far.
    pub fn next(&mut self, now_ms: i64, accepted: usize) -> Wish {
        self.made += 1;
        if self.is_rush && self.random.u8(0..10) < 7 {
            return self.rush();
        }
        match self.random.u8(0..100) {
            0..=2 => self.capacity(),
            3..=5 => self.position(),
            6..=9 => self.allocation(),
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

    fn position(&mut self) -> Wish {
        let (account, parent) = self.child();
        let wish = self.post(&account, "position", Value::Null, &parent, "viewer");
        let Wish::Ask(asked, _) = wish else { return wish };
        Wish::Ask(Asked { method: "GET", body: None, key: None, ..asked }, Effect::Position { account })
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

    fn parent(&self, child: &str) -> String {
        let opened = self.known.opened.iter().find(|(id, _)| id == child).map(|(_, parent)| parent.clone());
        opened.unwrap_or_else(|| {
            let accounts = &self.prepared.accounts;
            let place = self.prepared.place(child).and_then(|place| accounts[place].parent).expect("a parent");
            accounts[place].id.clone()
        })
    }
}
