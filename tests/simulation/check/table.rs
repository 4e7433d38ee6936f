//! The table's items, read without the product's help.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::number::number;

/// Figures by name; those of `upstream` by their place.
pub type Figures = BTreeMap<String, i128>;

/// A ledger entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub id: String,
    pub account: String,
    pub seq: u64,
    pub posting: String,
    pub kind: String,
    pub amount: i128,
    pub deltas: Figures,
    pub after: Figures,
    pub created_at: String,
}

/// An account's position.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    pub id: String,
    /// Nearest first.
    pub ancestors: Vec<String>,
    pub tier: String,
    pub status: String,
    pub discount: i128,
    pub seq: u64,
    pub version: u64,
    pub open_children: u64,
    pub open_applications: u64,
    pub figures: Figures,
}

impl Position {
    pub fn parent(&self) -> Option<&str> {
        self.ancestors.first().map(String::as_str)
    }
}

/// Everything in the table, by what it is.
#[derive(Debug, Default)]
pub struct Table {
    pub positions: BTreeMap<String, Position>,
    /// By account and number.
    pub entries: BTreeMap<(String, u64), Entry>,
    /// Idempotency records by their names.
    pub records: BTreeMap<String, Value>,
    others: Vec<Value>,
}

const NAMES: [&str; 7] = ["granted", "allocated", "held", "used", "available", "paid", "collected"];

impl Table {
    pub fn read(items: &[Value]) -> Table {
        let mut table = Table::default();
        for item in items {
            match item["item"].as_str().unwrap_or_default() {
                "position" => {
                    let position = position(item);
                    table.positions.insert(position.id.clone(), position);
                }
                "entry" => {
                    let entry = entry(item);
                    table.entries.insert((entry.account.clone(), entry.seq), entry);
                }
                "idempotency record" => {
                    let name = text(item, "partition_key").replacen("IDEMPOTENCY#", "", 1);
                    table.records.insert(name, item.clone());
                }
                _ => table.others.push(item.clone()),
            }
        }
        table
    }

    /// The items of one kind, positions, entries and idempotency records apart.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.others.iter().filter(move |item| item["item"] == *kind)
    }

    /// Everything but positions, entries and idempotency records.
    pub fn others(&self) -> impl Iterator<Item = &Value> {
        self.others.iter()
    }

    /// An item by its key.
    pub fn at(&self, partition: &str, sort: &str) -> Option<&Value> {
        self.others.iter().find(|item| item["partition_key"] == *partition && item["sort_key"] == *sort)
    }

    pub fn children<'a>(&'a self, parent: &'a str) -> impl Iterator<Item = &'a Position> {
        self.positions.values().filter(move |position| position.parent() == Some(parent))
    }

    /// An account's entries in their order.
    pub fn entries_of<'a>(&'a self, account: &str) -> impl Iterator<Item = &'a Entry> {
        self.entries.range((account.to_owned(), 0)..=(account.to_owned(), u64::MAX)).map(|(_, entry)| entry)
    }

    /// The entries of each posting.
    pub fn postings(&self) -> BTreeMap<&str, Vec<&Entry>> {
        let mut postings: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for entry in self.entries.values() {
            postings.entry(&entry.posting).or_default().push(entry);
        }
        postings
    }
}

/// An attribute that has to be there.
pub fn text(item: &Value, name: &str) -> String {
    item[name].as_str().unwrap_or_else(|| panic!("no {name} in {item}")).to_owned()
}

pub fn whole(item: &Value, name: &str) -> u64 {
    text(item, name).parse().unwrap_or_else(|_| panic!("{name} is no number in {item}"))
}

pub fn figures(item: &Value) -> Figures {
    let named = NAMES.iter().filter_map(|name| Some(((*name).to_owned(), number(item[*name].as_str()?))));
    let upstream = item["upstream"].as_array().into_iter().flatten().enumerate();
    named
        .chain(upstream.map(|(place, value)| (format!("upstream {place}"), number(value.as_str().expect("a number")))))
        .collect()
}

fn position(item: &Value) -> Position {
    let ancestors = item["ancestors"].as_array().expect("ancestors");
    Position {
        id: text(item, "account_id"),
        ancestors: ancestors.iter().map(|id| id.as_str().expect("an id").to_owned()).collect(),
        tier: text(item, "tier"),
        status: text(item, "status"),
        discount: number(&text(item, "discount")),
        seq: whole(item, "seq"),
        version: whole(item, "version"),
        open_children: whole(item, "open_children"),
        open_applications: whole(item, "open_applications"),
        figures: figures(item),
    }
}

fn entry(item: &Value) -> Entry {
    Entry {
        id: text(item, "entry_id"),
        account: text(item, "account_id"),
        seq: whole(item, "seq"),
        posting: text(item, "posting_id"),
        kind: text(item, "kind"),
        amount: number(&text(item, "amount")),
        deltas: figures(&item["deltas"]),
        after: figures(&item["after"]),
        created_at: text(item, "created_at"),
    }
}
