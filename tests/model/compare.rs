//! Whether an answer is what the model says.

use std::fmt::Debug;

use serde_json::Value;
use tests::Answer;

use crate::rules::{Posting, Refusal};
use crate::session::Names;
use crate::world::{AccountAt, Figures, Line, World};

/// What differs.
pub type Difference = String;

/// Who looks, and at what.
pub struct Lens<'a> {
    /// As it was before the answer.
    pub world: &'a World,
    pub names: &'a Names,
    /// The acting account; the operator sees all.
    pub viewer: Option<AccountAt>,
}

impl Lens<'_> {
    fn sees(&self, account: AccountAt) -> bool {
        self.viewer.is_none_or(|viewer| self.world.is_at_or_below(account, viewer))
    }

    fn visible_above(&self, account: AccountAt) -> usize {
        self.world.visible_above(account, self.viewer.unwrap_or(0))
    }

    fn id(&self, account: AccountAt) -> &str {
        &self.names.accounts[account]
    }

    /// The answer to a posting, or with `is_preview` to its preview.
    pub fn posted(&self, answer: &Answer, posting: &Posting, is_preview: bool) -> Result<(), Difference> {
        let status = if is_preview { 200 } else { 201 };
        same("status", &answer.status, &status)?;
        let body = answer.json();
        let minor = self.world.minor;
        same("kind", &body["kind"], &posting.kind)?;
        same("amount", &body["amount"], &posting.amount.show(minor))?;
        same("account_id", &body["account_id"], &self.id(posting.account))?;
        same("preview", &(body["preview"] == true), &is_preview)?;
        same("a posting_id", &body["posting_id"].is_string(), &!is_preview)?;
        same("a created_at", &body["created_at"].is_string(), &!is_preview)?;
        let effects = body["effects"].as_array().ok_or("no effects")?;
        let visible: Vec<_> = posting.legs.iter().filter(|leg| self.sees(leg.account)).collect();
        same("how many effects", &effects.len(), &visible.len())?;
        for leg in visible {
            let id = self.id(leg.account);
            let effect = effects.iter().find(|effect| effect["account_id"] == id);
            let effect = effect.ok_or_else(|| format!("no effect on account {}", leg.account))?;
            let account = &self.world.accounts[leg.account];
            self.position(&effect["before"], leg.account, &account.figures, account.seq())?;
            let after = account.figures.plus(&leg.deltas);
            self.position(&effect["after"], leg.account, &after, account.seq() + 1)?;
        }
        if let Some(price) = &posting.price {
            self.waterfall(&body["waterfall"], posting.account, price)?;
        }
        if let Some(backfilled) = posting.backfilled {
            same("backfilled", &body["backfilled"], &backfilled.show(minor))?;
        }
        Ok(())
    }

    /// A position as the API shows it.
    pub fn position(&self, shown: &Value, at: AccountAt, figures: &Figures, seq: usize) -> Result<(), Difference> {
        self.figures(shown, at, figures)?;
        same(&format!("seq of account {at}"), &shown["seq"], &seq)?;
        same("account_id", &shown["account_id"], &self.id(at))
    }

    /// The figures of a position or of an entry.
    pub fn figures(&self, shown: &Value, at: AccountAt, figures: &Figures) -> Result<(), Difference> {
        let minor = self.world.minor;
        for (name, figure) in figures.named() {
            same(&format!("{name} of account {at}"), &shown[name], &figure.show(minor))?;
        }
        let upstream: Vec<String> =
            figures.upstream.iter().take(self.visible_above(at)).map(|figure| figure.show(minor)).collect();
        same(&format!("upstream of account {at}"), &shown["upstream"], &Value::from(upstream))
    }

    fn waterfall(&self, shown: &Value, buyer: AccountAt, price: &[Line]) -> Result<(), Difference> {
        let lines = shown.as_array().ok_or("no waterfall")?;
        same("lines of the waterfall", &lines.len(), &(1 + self.visible_above(buyer)))?;
        for (shown, line) in lines.iter().zip(price) {
            same("account of a line", &shown["account_id"], &self.id(line.account))?;
            same("discount of a line", &shown["discount"], &line.discount.show(0))?;
            same("cost of a line", &shown["cost"], &line.cost.show(self.world.minor))?;
            same("margin of a line", &shown["margin"], &line.margin.show(self.world.minor))?;
        }
        Ok(())
    }

    /// A problem that is one of the refusals.
    pub fn refused(&self, answer: &Answer, refusals: &[Refusal]) -> Result<(), Difference> {
        if answer.content_type() != "application/problem+json" {
            return Err(format!("expected one of {refusals:?}"));
        }
        let body = answer.json();
        if refusals.iter().any(|refusal| self.is(&body, refusal)) {
            Ok(())
        } else {
            Err(format!("expected one of {refusals:?}"))
        }
    }

    fn is(&self, body: &Value, refusal: &Refusal) -> bool {
        let minor = self.world.minor;
        let is_account = refusal.account.is_none_or(|account| body["account_id"] == self.id(account));
        let are_amounts = refusal.amounts.is_none_or(|(available, requested)| {
            let has_shortfall = refusal.code == "insufficient_quota";
            body["available"] == available.show(minor)
                && body["requested"] == requested.show(minor)
                && (!has_shortfall || body["shortfall"] == (requested - available).show(minor))
        });
        let errors = body["errors"].as_array();
        let named: Vec<&str> = errors.into_iter().flatten().filter_map(|error| error["field"].as_str()).collect();
        // A line may be named together with its field.
        let is_named = |field: &&String| {
            let is_field = |name: &&&str| **name == **field || field.ends_with(']') && name.starts_with(&***field);
            named.iter().filter(is_field).count() == 1
        };
        body["status"] == refusal.status
            && body["code"] == refusal.code
            && is_account
            && are_amounts
            && named.len() == refusal.fields.len()
            && refusal.fields.iter().all(|field| is_named(&field))
    }
}

/// Compares what came with what was expected.
pub fn same<T, E>(what: &str, actual: &T, expected: &E) -> Result<(), Difference>
where
    T: PartialEq<E> + Debug,
    E: Debug,
{
    if *actual == *expected { Ok(()) } else { Err(format!("{what}: {actual:?}, expected {expected:?}")) }
}
