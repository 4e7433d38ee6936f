//! What partners ask for, in a word each.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::company;
use crate::program::{Program, new_key, only};

/// The figures of a position that the tests write out.
pub const FIGURES: &[&str] = &["granted", "allocated", "held", "used", "available", "paid", "collected", "upstream"];

/// A program seen from the desk of whoever works with it.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a>(pub &'a Program);

impl Desk<'_> {
    /// A ledger POST by an account's admin, with a new key.
    pub async fn post(&self, actor: &str, path: String, body: Value) -> Answer {
        self.0.member(actor, "admin").post(path).key(new_key()).json(&body).await
    }

    /// A change of what a child was granted: `increase`, `decrease` or `set`.
    pub async fn adjust(&self, parent: &str, child: &str, change: Value) -> Answer {
        let body = company::with(&json!({ "reason": "Usage varies" }), &change);
        self.post(parent, format!("/v1/accounts/{child}/adjustments"), body).await
    }

    /// Several such changes at once.
    pub async fn rebalance(&self, parent: &str, lines: Value) -> Answer {
        let body = json!({ "lines": lines, "reason": "A new quarter" });
        self.post(parent, format!("/v1/accounts/{parent}/rebalances"), body).await
    }

    /// Metered usage, recorded by the provider.
    pub async fn charge(&self, account: &str, list_amount: &str, source_id: &str) -> Answer {
        let path = format!("/v1/accounts/{account}/charges");
        self.0.member(&self.0.root, "finance").post(path).json(usage(list_amount, source_id)).await
    }

    /// Quota set aside until `expires_at`.
    pub async fn hold(&self, account: &str, list_amount: &str, expires_at: &str) -> Answer {
        let body = json!({ "list_amount": list_amount, "product": "Virtual machine", "expires_at": expires_at });
        self.post(account, format!("/v1/accounts/{account}/holds"), body).await
    }

    /// A hold that no test lives to see expire; answers with its path.
    ///
    /// # Panics
    /// When it is not placed.
    pub async fn open_hold(&self, account: &str, list_amount: &str) -> String {
        let placed = self.hold(account, list_amount, "2999-12-31T00:00:00.000Z").await.expect(201);
        format!("/v1/accounts/{account}/holds/{}", placed["hold_id"].as_str().unwrap())
    }

    /// A purchase from a hold.
    pub async fn capture(&self, account: &str, hold: &str, body: Value) -> Answer {
        self.post(account, format!("{hold}/capture"), body).await
    }

    /// A hold given back.
    pub async fn release(&self, account: &str, hold: &str) -> Answer {
        self.post(account, format!("{hold}/release"), json!({})).await
    }

    /// Has an account buy; answers with the purchase's path.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn bought(&self, account: &str, list_amount: &str) -> String {
        let made = self.0.purchase(account, list_amount).await.expect(201);
        format!("/v1/accounts/{account}/purchases/{}", made["purchase_id"].as_str().unwrap())
    }

    /// A purchase taken back by the provider, or a part of its list amount.
    pub async fn refund(&self, purchase: &str, part: Option<&str>) -> Answer {
        let mut body = json!({ "reason": "Not delivered" });
        if let Some(part) = part {
            body["list_amount"] = json!(part);
        }
        self.post(&self.0.root, format!("{purchase}/refunds"), body).await
    }

    /// A payment with a reference of its own.
    pub async fn settle(&self, parent: &str, child: &str, amount: &str, backfill: Option<&str>) -> Answer {
        let mut body = payment(amount, &new_key());
        if let Some(backfill) = backfill {
            body["backfill_amount"] = json!(backfill);
        }
        self.post(parent, format!("/v1/accounts/{child}/settlements"), body).await
    }

    /// A settlement undone.
    pub async fn reverse(&self, parent: &str, child: &str, settlement: &str) -> Answer {
        let path = format!("/v1/accounts/{child}/settlements/{settlement}/reversal");
        self.post(parent, path, json!({ "reason": "The cheque bounced" })).await
    }

    /// A suspension by an admin of `by`.
    pub async fn suspend(&self, by: &str, account: &str) -> Answer {
        let path = format!("/v1/accounts/{account}/suspension");
        self.0.member(by, "admin").post(path).json(json!({ "reason": "Under review" })).await
    }

    /// The end of one.
    pub async fn reinstate(&self, by: &str, account: &str) -> Answer {
        let path = format!("/v1/accounts/{account}/suspension");
        self.0.member(by, "admin").call(reqwest::Method::DELETE, path).await
    }

    /// A closure for good.
    pub async fn close(&self, by: &str, account: &str) -> Answer {
        self.post(by, format!("/v1/accounts/{account}/closure"), json!({ "reason": "Contract ended" })).await
    }

    /// The figures of an account as the provider sees them: with all that is owed upstream.
    ///
    /// # Panics
    /// When they cannot be read.
    pub async fn figures(&self, account: &str) -> Value {
        let path = format!("/v1/accounts/{account}/position");
        only(&self.0.member(&self.0.root, "viewer").get(path).await.expect(200), FIGURES)
    }

    /// Checks figures, those that are left out being zero, and that the entries lead to them.
    ///
    /// # Panics
    /// When they are others.
    pub async fn check(&self, account: &str, expected: Value) {
        let shown = self.figures(account).await;
        let levels = shown["upstream"].as_array().unwrap().len();
        let mut figures = json!({ "upstream": vec!["0.00"; levels] });
        for name in FIGURES.iter().filter(|name| **name != "upstream") {
            figures[*name] = json!("0.00");
        }
        assert_eq!(shown, company::with(&figures, &expected), "{account}");
        let verification = self.0.read(account, "verification").await;
        assert_eq!(verification["consistent"], true, "{account}: {verification:#}");
    }
}

/// A line of a bill.
#[must_use]
pub fn usage(list_amount: &str, source_id: &str) -> Value {
    json!({
        "list_amount": list_amount, "source_id": source_id, "service": "Object storage",
        "period_start": "2026-01-01T00:00:00.000Z", "period_end": "2026-01-01T01:00:00.000Z",
    })
}

/// A payment.
#[must_use]
pub fn payment(amount: &str, reference: &str) -> Value {
    json!({
        "amount": amount, "payment_reference": reference, "method": "bank_transfer",
        "paid_at": "2026-01-31T12:00:00.000Z",
    })
}
