//! Idempotency records: written in the same transaction as the effect, kept for ever.

use domain::{
    AccountId, Amount, ApplicationId, HoldId, IdempotencyKey, Kind, PostingId, ProgramId, PurchaseId, Refusal,
    SettlementId, Timestamp, UsageLine,
};

use crate::error::{Corrupt, Error};
use crate::item::{Item, Reader, Writer};
use crate::keys;
use crate::record::RecordKey;

/// What a key did. It names the effect and holds none of it: the answer is rebuilt from the immutable entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effected {
    /// A posting.
    Posting(Effects),
    /// A program.
    Program(ProgramId),
    /// An application below an account.
    Application(AccountId, ApplicationId),
}

/// What a posting left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Effects {
    pub posting_id: PostingId,
    pub kind: Kind,
    /// The size for the account that it is about: of this request alone, where a posting holds several.
    pub amount: Amount,
    pub created_at: Timestamp,
    /// The account that it is about.
    pub target: AccountId,
    /// Its entries.
    pub entries: Vec<(AccountId, u64)>,
    /// What it made or changed besides.
    pub records: Vec<RecordKey>,
}

/// The record of a line of a bill: with what was billed, so that it can be found and explained.
pub(crate) fn usage_record(key: &IdempotencyKey, effects: Effects, at: Timestamp, line: &UsageLine) -> Item {
    let mut item = record(key, &Effected::Posting(effects), at);
    let line = Writer::default()
        .amount("list_amount", line.list_amount)
        .text("source_id", &line.source_id)
        .text("service", &line.service)
        .text("period_start", line.period_start)
        .text("period_end", line.period_end);
    item.extend(line.build());
    item
}

pub(crate) fn record(key: &IdempotencyKey, effected: &Effected, at: Timestamp) -> Item {
    let writer = Writer::new(&keys::idempotency(&key.record), "idempotency record")
        .text("fingerprint", &key.fingerprint)
        .text("created_at", at);
    match effected {
        Effected::Program(id) => writer.text("program_id", id).build(),
        Effected::Application(parent, id) => writer.text("parent_id", parent).text("application_id", id).build(),
        Effected::Posting(effects) => write_effects(writer, effects).build(),
    }
}

fn write_effects(writer: Writer, effects: &Effects) -> Writer {
    let entries =
        effects.entries.iter().map(|(account, seq)| Writer::default().text("account_id", account).number("seq", *seq));
    let writer = writer
        .text("posting_id", effects.posting_id)
        .text("kind", effects.kind.name())
        .amount("amount", effects.amount)
        .text("posted_at", effects.created_at)
        .text("account_id", effects.target)
        .list("entries", entries);
    effects.records.iter().fold(writer, |writer, record| match record {
        RecordKey::Purchase(id) => writer.text("purchase_id", id),
        RecordKey::Hold(id) => writer.text("hold_id", id),
        RecordKey::Settlement(id) => writer.text("settlement_id", id),
        RecordKey::PaymentReference(_) | RecordKey::Profile => writer,
    })
}

fn read_effects(item: Reader<'_>) -> Result<Effects, Corrupt> {
    let entries = item
        .list("entries")?
        .into_iter()
        .map(|entry| Ok((entry.parsed("account_id", AccountId::parse)?, entry.number("seq")?)))
        .collect::<Result<_, Corrupt>>()?;
    let hold = item.optional_parsed("hold_id", HoldId::parse)?.map(RecordKey::Hold);
    let purchase = item.optional_parsed("purchase_id", PurchaseId::parse)?.map(RecordKey::Purchase);
    let settlement = item.optional_parsed("settlement_id", SettlementId::parse)?.map(RecordKey::Settlement);
    Ok(Effects {
        posting_id: item.parsed("posting_id", PostingId::parse)?,
        kind: item.named("kind", Kind::from_name)?,
        amount: item.amount("amount")?,
        created_at: item.time("posted_at")?,
        target: item.parsed("account_id", AccountId::parse)?,
        entries,
        records: hold.into_iter().chain(purchase).chain(settlement).collect(),
    })
}

/// Reads what a record says the key did.
///
/// # Errors
/// [`Refusal::KeyReused`] when the record belongs to another request.
pub(crate) fn read_record(item: &Item, key: &IdempotencyKey) -> Result<Effected, Error> {
    let item = Reader(item);
    if item.text("fingerprint")? != key.fingerprint {
        return Err(Refusal::KeyReused.into());
    }
    if let Some(id) = item.optional_parsed("program_id", ProgramId::parse)? {
        return Ok(Effected::Program(id));
    }
    if let Some(id) = item.optional_parsed("application_id", ApplicationId::parse)? {
        return Ok(Effected::Application(item.parsed("parent_id", AccountId::parse)?, id));
    }
    Ok(Effected::Posting(read_effects(item)?))
}
