//! The statement as comma-separated values, for spreadsheets.

use domain::{Amount, Currency, Entry};
use edge::{Authorised, Paging, Problem, Reply, next_cursor};
use ledger::{EntryFilter, Ledger};

/// The most rows of one answer.
const MAX_ROWS: usize = 10_000;

/// No chunk is begun beyond so many bytes, as they are handed to the gateway: a function may answer 6 MB, and a chunk of the
/// longest rows has less than two.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The most chunks that one answer reads.
const MAX_CHUNKS: usize = 40;

/// What a cell takes besides its text: a comma and perhaps quotes, which take two bytes each in JSON.
const CELL_EXTRA: usize = 5;

/// How many entries are held at a time.
const CHUNK: usize = 500;

/// By which spreadsheets know that what follows is UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

const HEADER: [&str; 24] = [
    "seq",
    "created_at",
    "kind",
    "amount",
    "currency",
    "granted_delta",
    "allocated_delta",
    "held_delta",
    "used_delta",
    "available_delta",
    "paid_delta",
    "collected_delta",
    "granted",
    "allocated",
    "held",
    "used",
    "available",
    "paid",
    "collected",
    "reference",
    "note",
    "by_account_id",
    "entry_id",
    "posting_id",
];

/// The part of the statement from the cursor on, newest first; the next part by a `Link` header.
pub async fn export(
    ledger: &Ledger,
    request: &Authorised,
    filter: EntryFilter,
    paging: &Paging,
) -> Result<Reply, Problem> {
    let target = request.target()?;
    let wanted = if request.query("limit").is_some() { paging.limit } else { MAX_ROWS };
    let mut writer = csv::Writer::from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    writer.write_record(HEADER).map_err(Problem::internal)?;
    let (mut next, mut rows) = (paging.after.clone(), 0_usize);
    let mut bytes = 0_usize;
    for _ in 0..MAX_CHUNKS {
        let limit = CHUNK.min(wanted.saturating_sub(rows));
        let page = ledger.entries(target.id, filter, next.as_deref(), limit).await?;
        for entry in &page.items {
            let row = row(entry, target.currency);
            bytes = row.iter().fold(bytes, |bytes, cell| bytes.saturating_add(handed(cell)).saturating_add(CELL_EXTRA));
            writer.write_record(row).map_err(Problem::internal)?;
        }
        rows = rows.saturating_add(page.items.len());
        next = page.next;
        // A chunk that is short of what was asked for has read through as much as one answer should: what is wanted is rare.
        if next.is_none() || page.items.len() < limit || rows >= wanted || bytes >= MAX_BYTES {
            break;
        }
    }
    let bytes = writer.into_inner().map_err(|error| Problem::internal(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(Problem::internal)?;
    let next_page = next_cursor(paging, next.as_deref()).map(|cursor| request.next_page(&cursor));
    Ok(Reply::csv(text, &format!("statement-{}.csv", target.id), next_page))
}

fn row(entry: &Entry, currency: Currency) -> Vec<String> {
    let show = |(_, value): (&str, Amount)| value.show(currency);
    let text = |text: &Option<String>| harmless(text.as_deref().unwrap_or_default());
    let start = [
        entry.seq.to_string(),
        entry.created_at.to_string(),
        entry.kind.name().to_owned(),
        entry.amount.show(currency),
        currency.code().to_owned(),
    ];
    let end = [
        text(&entry.reference),
        text(&entry.note),
        entry.by.account_id.map(|id| id.to_string()).unwrap_or_default(),
        entry.id.to_string(),
        entry.posting_id.to_string(),
    ];
    let figures = entry.deltas.named().into_iter().chain(entry.after.named()).map(show);
    start.into_iter().chain(figures).chain(end).collect()
}

/// How many bytes a text takes in a table that is the text of a JSON answer: a quote is doubled, and then each is escaped.
fn handed(text: &str) -> usize {
    let bytes = text.bytes().map(|byte| match byte {
        b'"' => 4,
        b'\\' | b'\n' | b'\r' | b'\t' => 2,
        _ => 1_usize,
    });
    bytes.fold(0, usize::saturating_add)
}

/// A text that a spreadsheet takes for a text: one that begins like a formula gets an apostrophe in front.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_takes_more_than_it_is_counted_for() {
        for text in ["", "plain", "\"\"\"", "a,\"b\"", "one\ntwo\\", "\r\t", "한빛"] {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record([text, "x"]).unwrap();
            let table = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let escaped = |byte: u8| if matches!(byte, b'"' | b'\\' | b'\n' | b'\r' | b'\t') { 2 } else { 1 };
            // Without the other cell, the comma and the end of the row.
            let taken = table.bytes().map(escaped).sum::<usize>() - ",x".len() - 2;
            assert!(taken < handed(text) + CELL_EXTRA, "{text}: {taken}");
        }
    }

    #[test]
    fn what_begins_like_a_formula_stays_a_text() {
        for text in ["=1+1", "+82 2 123", "-5", "@SUM(A1)"] {
            assert_eq!(harmless(text), format!("'{text}"));
        }
        assert_eq!(harmless("PO-1 = 5"), "PO-1 = 5");
    }
}
