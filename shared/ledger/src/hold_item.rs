//! Holds as items.

use domain::{AccountId, Hold, HoldId, HoldStatus, PostingId};

use crate::error::Corrupt;
use crate::item::{Item, Reader, Writer};
use crate::keys;
use crate::purchase_item::{read_waterfall, waterfall};

pub(crate) fn hold(hold: &Hold) -> Item {
    let writer = Writer::new(&keys::hold(hold.account_id, hold.id), "hold")
        .text("hold_id", hold.id)
        .text("account_id", hold.account_id)
        .text("posting_id", hold.posting_id)
        .amount("list_amount", hold.list_amount)
        .text("product", &hold.product)
        .optional_text("reference", hold.reference.as_ref())
        .text("expires_at", hold.expires_at)
        .text("status", hold.status.name())
        .text("created_at", hold.created_at)
        .number("version", hold.version);
    waterfall(writer, &hold.waterfall).build()
}

pub(crate) fn read_hold(item: &Item) -> Result<Hold, Corrupt> {
    let item = Reader(item);
    Ok(Hold {
        id: item.parsed("hold_id", HoldId::parse)?,
        account_id: item.parsed("account_id", AccountId::parse)?,
        posting_id: item.parsed("posting_id", PostingId::parse)?,
        list_amount: item.amount("list_amount")?,
        product: item.text("product")?.to_owned(),
        reference: item.optional_text("reference")?.map(str::to_owned),
        waterfall: read_waterfall(item)?,
        expires_at: item.time("expires_at")?,
        status: item.named("status", HoldStatus::from_name)?,
        created_at: item.time("created_at")?,
        version: item.number("version")?,
    })
}
