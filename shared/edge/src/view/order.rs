//! Purchases, holds and settlements.

use domain::account::Lineage;
use domain::price::Line;
use domain::{Hold, Purchase, Settlement, Timestamp, Viewer, Waterfall};
use serde::Serialize;

use super::shown;

#[derive(Serialize)]
pub(super) struct LineView {
    tier: &'static str,
    account_id: String,
    discount: String,
    cost: String,
    margin: String,
}

pub(super) fn waterfall(waterfall: &Waterfall, buyer: &Lineage, viewer: &Viewer) -> Vec<LineView> {
    let line = |line: &Line| LineView {
        tier: line.tier.name(),
        account_id: shown(line.account_id),
        discount: shown(line.discount.share()),
        cost: line.cost.show(buyer.currency),
        margin: line.margin.show(buyer.currency),
    };
    viewer.waterfall(buyer, waterfall).iter().map(line).collect()
}

#[derive(Serialize)]
struct PurchaseView<'a> {
    id: String,
    account_id: String,
    list_amount: String,
    product: &'a str,
    quantity: u64,
    reference: Option<&'a str>,
    refunded: String,
    waterfall: Vec<LineView>,
    created_at: String,
}

/// A purchase of the account at `buyer`.
#[must_use]
pub fn purchase<'a>(purchase: &'a Purchase, buyer: &Lineage, viewer: &Viewer) -> impl Serialize + use<'a> {
    PurchaseView {
        id: shown(purchase.id),
        account_id: shown(buyer.id),
        list_amount: purchase.list_amount.show(buyer.currency),
        product: &purchase.product,
        quantity: purchase.quantity,
        reference: purchase.reference.as_deref(),
        refunded: purchase.refunded.show(buyer.currency),
        waterfall: waterfall(&purchase.waterfall, buyer, viewer),
        created_at: shown(purchase.created_at),
    }
}

#[derive(Serialize)]
struct HoldView<'a> {
    id: String,
    account_id: String,
    status: &'static str,
    list_amount: String,
    product: &'a str,
    reference: Option<&'a str>,
    waterfall: Vec<LineView>,
    expires_at: String,
    created_at: String,
}

/// A hold of the account at `buyer`. One whose time has come shows as expired at `now`, swept or not.
#[must_use]
pub fn hold<'a>(hold: &'a Hold, buyer: &Lineage, viewer: &Viewer, now: Timestamp) -> impl Serialize + use<'a> {
    HoldView {
        id: shown(hold.id),
        account_id: shown(buyer.id),
        status: hold.status_at(now).name(),
        list_amount: hold.list_amount.show(buyer.currency),
        product: &hold.product,
        reference: hold.reference.as_deref(),
        waterfall: waterfall(&hold.waterfall, buyer, viewer),
        expires_at: shown(hold.expires_at),
        created_at: shown(hold.created_at),
    }
}

#[derive(Serialize)]
struct SettlementView<'a> {
    id: String,
    account_id: String,
    amount: String,
    backfilled: String,
    payment_reference: &'a str,
    method: &'a str,
    paid_at: String,
    reversed: bool,
    created_at: String,
}

/// A settlement of the child at `child`.
#[must_use]
pub fn settlement<'a>(settlement: &'a Settlement, child: &Lineage) -> impl Serialize + use<'a> {
    SettlementView {
        id: shown(settlement.id),
        account_id: shown(child.id),
        amount: settlement.terms.amount.show(child.currency),
        backfilled: settlement.terms.backfilled.show(child.currency),
        payment_reference: &settlement.payment_reference,
        method: &settlement.method,
        paid_at: shown(settlement.paid_at),
        reversed: settlement.is_reversed,
        created_at: shown(settlement.created_at),
    }
}
