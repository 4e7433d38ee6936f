//! Payments, by request and by event, and what undoes them.

use serde_json::{Value, json};

use super::Wisher;
use crate::number::shown;
use crate::operation::Wish;
use tests::in_process::clock;

impl Wisher {
    pub(super) fn detail(&self, data: &Value) -> Value {
        let id = format!("{}-event-{}", self.name, self.made);
        json!({ "version": "1", "id": id, "program_id": self.prepared.program, "data": data })
    }

    /// A payment of a part of what an account owes; one that was sent before, now and then.
    pub(super) fn paid(&mut self, now_ms: i64) -> (String, Value) {
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

    pub(super) fn settlement(&mut self, now_ms: i64) -> Wish {
        let (child, mut body) = self.paid(now_ms);
        if self.random.u8(0..4) == 0 {
            body["backfill_amount"] = json!("0");
        }
        let parent = self.parent(&child);
        self.post(&child, "settlements", body, &parent, "finance")
    }

    pub(super) fn payment(&mut self, now_ms: i64) -> Wish {
        let (child, mut data) = self.paid(now_ms);
        data["account_id"] = json!(child);
        Wish::Tell("finance", "PaymentReceived", self.detail(&data))
    }

    pub(super) fn reversal(&mut self) -> Wish {
        let Some((account, settlement)) = self.random.choice(&self.known.settlements).cloned() else {
            return self.allocation();
        };
        let parent = self.parent(&account);
        let what = format!("settlements/{settlement}/reversal");
        self.post(&account, &what, json!({ "reason": "bounced" }), &parent, "admin")
    }
}
