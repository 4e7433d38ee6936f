//! Profiles of accounts.

use domain::Discount;
use domain::account::Tier;
use domain::price::effective_discount;
use edge::{Authorised, Problem, Reply, view};
use ledger::Ledger;

/// `GET /accounts/{id}`: the profile; from below, only what those below may know.
pub async fn get(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let target = request.target()?;
    let profile = ledger.profile(target.id).await?.ok_or_else(Problem::not_found)?;
    if !request.viewer()?.sees(target) {
        return Reply::ok(&view::ancestor(target, &profile.legal_name));
    }
    let (account, ancestors) = ledger.account_line(target).await?;
    let discount = match target.tier {
        Tier::Provider => Discount::NONE,
        _ => effective_discount(&account, &ancestors),
    };
    Reply::ok(&view::account(&account, discount, &profile))
}
