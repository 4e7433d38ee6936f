//! Postings and their entries.

use domain::account::Lineage;
use domain::{
    Currency, Effect, Entry, Figures, Hold, Kind, Origin, Posted, Purchase, Record, Settlement, Viewer, Waterfall,
};
use serde::Serialize;
use serde::ser::SerializeMap;

use super::account::{FiguresView, PositionView, figures, position};
use super::order::{LineView, waterfall};
use super::{ByView, by, shown};

#[derive(Serialize)]
struct EffectView {
    account_id: String,
    before: PositionView,
    after: PositionView,
}

/// The answer of a ledger POST.
#[derive(Serialize)]
pub struct PostedView {
    posting_id: Option<String>,
    kind: &'static str,
    amount: String,
    currency: &'static str,
    account_id: String,
    effects: Vec<EffectView>,
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hold_id: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purchase_id: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waterfall: Option<Vec<LineView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settlement_id: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backfilled: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preview: Option<bool>,
}

/// What a posting tells besides its effects.
#[derive(Default)]
struct Told<'a> {
    hold: Option<&'a Hold>,
    purchase: Option<&'a Purchase>,
    settlement: Option<&'a Settlement>,
}

impl<'a> Told<'a> {
    fn of(records: &'a [Record]) -> Told<'a> {
        let mut told = Told::default();
        for record in records {
            match record {
                Record::Hold(hold) => told.hold = Some(hold),
                Record::Purchase(purchase) => told.purchase = Some(purchase),
                Record::Settlement(settlement) => told.settlement = Some(settlement),
                Record::PaymentReference(_) | Record::Usage(_) | Record::Profile(_) => {}
            }
        }
        told
    }

    /// The price of what was ordered; refunds and releases have none of their own.
    fn price(&self, kind: Kind) -> Option<&'a Waterfall> {
        match kind {
            Kind::Purchase | Kind::Capture => self.purchase.map(|purchase| &purchase.waterfall),
            Kind::Hold => self.hold.map(|hold| &hold.waterfall),
            _ => None,
        }
    }
}

/// The answer of a ledger POST. In a preview `created_at` and the ids of what would be made are `null`.
#[must_use]
pub fn posted(posted: &Posted, viewer: &Viewer) -> PostedView {
    let is_preview = posted.origin == Origin::Previewed;
    let made = |id: String| if is_preview { None } else { Some(id) };
    let first = |id: String, version: u64| if is_preview && version == 1 { None } else { Some(id) };
    let effect = |effect: &Effect| {
        let Effect { lineage, before, after, seq, at } = effect;
        EffectView {
            account_id: shown(lineage.id),
            before: position(before, lineage, seq.saturating_sub(1), *at, viewer),
            after: position(after, lineage, *seq, *at, viewer),
        }
    };
    let currency = posted.target.currency;
    let told = Told::of(&posted.records);
    let placed = told.hold.filter(|_| posted.kind == Kind::Hold);
    let settled = told.settlement.filter(|_| posted.kind == Kind::Settlement);
    PostedView {
        posting_id: made(shown(posted.posting_id)),
        kind: posted.kind.name(),
        amount: posted.amount.show(currency),
        currency: currency.code(),
        account_id: shown(posted.target.id),
        effects: posted.effects.iter().filter(|effect| viewer.sees(&effect.lineage)).map(effect).collect(),
        created_at: made(shown(posted.created_at)),
        hold_id: told.hold.map(|hold| first(shown(hold.id), hold.version)),
        expires_at: placed.map(|hold| shown(hold.expires_at)),
        purchase_id: told.purchase.map(|purchase| first(shown(purchase.id), purchase.version)),
        waterfall: told.price(posted.kind).map(|price| waterfall(price, &posted.target, viewer)),
        settlement_id: told.settlement.map(|settlement| first(shown(settlement.id), settlement.version)),
        backfilled: settled.map(|settlement| settlement.terms.backfilled.show(currency)),
        preview: is_preview.then_some(true),
    }
}

/// Figures that changed, as far as the viewer may see them.
struct DeltasView<'a> {
    deltas: &'a Figures,
    lineage: &'a Lineage,
    viewer: &'a Viewer,
}

impl Serialize for DeltasView<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let currency: Currency = self.lineage.currency;
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.deltas.named() {
            if !value.is_zero() {
                map.serialize_entry(name, &value.show(currency))?;
            }
        }
        let upstream = self.viewer.upstream(self.lineage, &self.deltas.upstream);
        if upstream.iter().any(|value| !value.is_zero()) {
            let shown: Vec<String> = upstream.iter().map(|value| value.show(currency)).collect();
            map.serialize_entry("upstream", &shown)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct EntryView<'a> {
    id: String,
    seq: u64,
    posting_id: String,
    kind: &'static str,
    amount: String,
    deltas: DeltasView<'a>,
    after: FiguresView,
    by: ByView,
    reference: Option<&'a str>,
    note: Option<&'a str>,
    created_at: String,
}

/// A ledger entry of the account at `lineage`.
#[must_use]
pub fn entry<'a>(entry: &'a Entry, lineage: &'a Lineage, viewer: &'a Viewer) -> impl Serialize + use<'a> {
    EntryView {
        id: shown(entry.id),
        seq: entry.seq,
        posting_id: shown(entry.posting_id),
        kind: entry.kind.name(),
        amount: entry.amount.show(lineage.currency),
        deltas: DeltasView { deltas: &entry.deltas, lineage, viewer },
        after: figures(&entry.after, lineage, viewer),
        by: by(&entry.by, lineage, viewer),
        reference: entry.reference.as_deref(),
        note: entry.note.as_deref(),
        created_at: shown(entry.created_at),
    }
}
