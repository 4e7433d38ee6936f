//! Ledger entries as items.

use domain::By;
use domain::account::Lineage;
use domain::{AccountId, Currency, Entry, EntryId, Figures, Kind, PostingId};

use crate::account_item::{figures, read_figures};
use crate::error::Corrupt;
use crate::item::{Item, Reader, Writer};
use crate::keys;

pub(crate) fn entry(entry: &Entry, lineage: &Lineage) -> Item {
    Writer::new(&keys::entry(entry.account_id, entry.seq), "entry")
        .text("entry_id", entry.id)
        .text("account_id", entry.account_id)
        .text("program_id", lineage.program_id)
        .optional_text("parent_id", lineage.parent())
        .number("seq", entry.seq)
        .text("posting_id", entry.posting_id)
        .text("kind", entry.kind.name())
        .text("currency", entry.currency)
        .amount("amount", entry.amount)
        .map("deltas", deltas(&entry.deltas))
        .map("after", figures(Writer::default(), &entry.after))
        .optional_text("by_account_id", entry.by.account_id)
        .optional_text("by_sub", entry.by.sub.as_ref())
        .optional_text("reference", entry.reference.as_ref())
        .optional_text("note", entry.note.as_ref())
        .text("created_at", entry.created_at)
        .build()
}

/// Only what changes is stored: most postings touch two of eight figures.
fn deltas(deltas: &Figures) -> Writer {
    let changed = deltas.named().into_iter().filter(|(_, value)| !value.is_zero());
    let writer = changed.fold(Writer::default(), |writer, (name, value)| writer.amount(name, value));
    if deltas.upstream.iter().all(|value| value.is_zero()) {
        writer
    } else {
        writer.amounts("upstream", &deltas.upstream)
    }
}

fn read_deltas(item: Reader<'_>, levels: usize) -> Result<Figures, Corrupt> {
    let of = |name| item.optional_amount(name).map(Option::unwrap_or_default);
    Ok(Figures {
        granted: of("granted")?,
        allocated: of("allocated")?,
        held: of("held")?,
        used: of("used")?,
        available: of("available")?,
        paid: of("paid")?,
        collected: of("collected")?,
        upstream: match item.0.contains_key("upstream") {
            true => item.amounts("upstream")?,
            false => Figures::zero(levels).upstream,
        },
    })
}

pub(crate) fn read_entry(item: &Item) -> Result<Entry, Corrupt> {
    let item = Reader(item);
    let after = read_figures(item.map("after")?)?;
    Ok(Entry {
        id: item.parsed("entry_id", EntryId::parse)?,
        account_id: item.parsed("account_id", AccountId::parse)?,
        seq: item.number("seq")?,
        posting_id: item.parsed("posting_id", PostingId::parse)?,
        kind: item.named("kind", Kind::from_name)?,
        currency: item.named("currency", Currency::parse)?,
        amount: item.amount("amount")?,
        deltas: read_deltas(item.map("deltas")?, after.upstream.len())?,
        after,
        by: By {
            account_id: item.optional_parsed("by_account_id", AccountId::parse)?,
            sub: item.optional_text("by_sub")?.map(str::to_owned),
        },
        reference: item.optional_text("reference")?.map(str::to_owned),
        note: item.optional_text("note")?.map(str::to_owned),
        created_at: item.time("created_at")?,
    })
}
