//! Purchases as items.

use domain::account::Tier;
use domain::price::Line;
use domain::{AccountId, PostingId, Purchase, PurchaseId, Waterfall};

use crate::account_item::required_discount;
use crate::error::Corrupt;
use crate::item::{Item, Reader, Writer};
use crate::keys;

pub(crate) fn waterfall(writer: Writer, waterfall: &Waterfall) -> Writer {
    writer.list(
        "waterfall",
        waterfall.lines.iter().map(|line| {
            Writer::default()
                .text("tier", line.tier)
                .text("account_id", line.account_id)
                .amount("discount", line.discount.share())
                .amount("cost", line.cost)
                .amount("margin", line.margin)
        }),
    )
}

pub(crate) fn read_waterfall(item: Reader<'_>) -> Result<Waterfall, Corrupt> {
    let lines = item.list("waterfall")?.into_iter().map(read_line).collect::<Result<_, _>>()?;
    Ok(Waterfall { lines })
}

fn read_line(item: Reader<'_>) -> Result<Line, Corrupt> {
    Ok(Line {
        tier: item.named("tier", Tier::from_name)?,
        account_id: item.parsed("account_id", AccountId::parse)?,
        discount: required_discount(item, "discount")?,
        cost: item.amount("cost")?,
        margin: item.amount("margin")?,
    })
}

pub(crate) fn purchase(purchase: &Purchase) -> Item {
    let writer = Writer::new(&keys::purchase(purchase.account_id, purchase.id), "purchase")
        .text("purchase_id", purchase.id)
        .text("account_id", purchase.account_id)
        .text("posting_id", purchase.posting_id)
        .amount("list_amount", purchase.list_amount)
        .text("product", &purchase.product)
        .number("quantity", purchase.quantity)
        .optional_text("reference", purchase.reference.as_ref())
        .amount("refunded", purchase.refunded)
        .text("created_at", purchase.created_at)
        .number("version", purchase.version);
    waterfall(writer, &purchase.waterfall).build()
}

pub(crate) fn read_purchase(item: &Item) -> Result<Purchase, Corrupt> {
    let item = Reader(item);
    Ok(Purchase {
        id: item.parsed("purchase_id", PurchaseId::parse)?,
        account_id: item.parsed("account_id", AccountId::parse)?,
        posting_id: item.parsed("posting_id", PostingId::parse)?,
        list_amount: item.amount("list_amount")?,
        product: item.text("product")?.to_owned(),
        quantity: item.number("quantity")?,
        reference: item.optional_text("reference")?.map(str::to_owned),
        refunded: item.amount("refunded")?,
        waterfall: read_waterfall(item)?,
        created_at: item.time("created_at")?,
        version: item.number("version")?,
    })
}
