//! Settlements as items.

use domain::plan::settlement::Terms;
use domain::{AccountId, PostingId, Settlement, SettlementId};

use crate::error::Corrupt;
use crate::item::{Item, Reader, Writer};
use crate::keys;

pub(crate) fn settlement(settlement: &Settlement) -> Item {
    Writer::new(&keys::settlement(settlement.account_id, settlement.id), "settlement")
        .text("settlement_id", settlement.id)
        .text("account_id", settlement.account_id)
        .text("posting_id", settlement.posting_id)
        .amount("amount", settlement.terms.amount)
        .amount("backfilled", settlement.terms.backfilled)
        .amounts("moved", &settlement.terms.moved)
        .text("payment_reference", &settlement.payment_reference)
        .text("method", &settlement.method)
        .text("paid_at", settlement.paid_at)
        .flag("reversed", settlement.is_reversed)
        .text("created_at", settlement.created_at)
        .number("version", settlement.version)
        .build()
}

pub(crate) fn read_settlement(item: &Item) -> Result<Settlement, Corrupt> {
    let item = Reader(item);
    Ok(Settlement {
        id: item.parsed("settlement_id", SettlementId::parse)?,
        account_id: item.parsed("account_id", AccountId::parse)?,
        posting_id: item.parsed("posting_id", PostingId::parse)?,
        terms: Terms {
            amount: item.amount("amount")?,
            backfilled: item.amount("backfilled")?,
            moved: item.amounts("moved")?,
        },
        payment_reference: item.text("payment_reference")?.to_owned(),
        method: item.text("method")?.to_owned(),
        paid_at: item.time("paid_at")?,
        is_reversed: item.flag("reversed")?,
        created_at: item.time("created_at")?,
        version: item.number("version")?,
    })
}
