//! What payments do to both sides: computed anew from the positions before them.

use super::table::{Entry, Figures, Table};
use super::{Checked, ensure, same};
use crate::number::ratio;

/// The kinds of postings that carry over debts from a child to its parent.
const KINDS: [&str; 3] = ["settlement", "reversal", "closure"];

pub fn check(table: &Table) -> Checked {
    let (mut settled, mut reversed): (Vec<[Figures; 2]>, Vec<[Figures; 2]>) = (Vec::new(), Vec::new());
    for (posting, entries) in table.postings() {
        let kind = entries[0].kind.as_str();
        if !KINDS.contains(&kind) {
            continue;
        }
        let (child, parent) = sides(table, &entries).ok_or_else(|| format!("not of two sides: {entries:#?}"))?;
        let sides = [changes(&child.deltas), changes(&parent.deltas)];
        match kind {
            "reversal" => reversed.push(sides.map(|deltas| deltas.into_iter().map(|(name, by)| (name, -by)).collect())),
            _ => {
                same(&format!("both sides of {posting}"), &sides, &expected(child))?;
                ensure(is_carried(child, parent), || format!("no such backfill: {child:?} {parent:?}"))?;
                settled.push(sides);
            }
        }
    }
    // Each reversal takes back one settlement, on both sides, to the last digit.
    for sides in reversed {
        let place = settled.iter().position(|settled| *settled == sides);
        ensure(place.is_some(), || format!("reversed, but not settled so: {sides:?}"))?;
        settled.swap_remove(place.unwrap_or_default());
    }
    Ok(())
}

/// The child's entry and its parent's.
fn sides<'a>(table: &Table, entries: &[&'a Entry]) -> Option<(&'a Entry, &'a Entry)> {
    let [one, other] = entries else { return None };
    let is_parent = |child: &Entry, parent: &Entry| table.positions[&child.account].parent() == Some(&*parent.account);
    if is_parent(one, other) { Some((one, other)) } else { is_parent(other, one).then_some((other, one)) }
}

fn of(figures: &Figures, name: &str) -> i128 {
    figures.get(name).copied().unwrap_or_default()
}

fn before(entry: &Entry, name: &str) -> i128 {
    of(&entry.after, name) - of(&entry.deltas, name)
}

/// What is not zero.
fn changes(figures: &Figures) -> Figures {
    figures.iter().filter(|(_, value)| **value != 0).map(|(name, value)| (name.clone(), *value)).collect()
}

/// What a payment of so much, of which so much comes back as quota, does to the child and to the parent: it moves the part
/// of the debts upstream that goes with it, the nearest of them into what the parent owes itself.
fn expected(child: &Entry) -> [Figures; 2] {
    let (paid, backfilled) = (of(&child.deltas, "paid"), of(&child.deltas, "available"));
    let levels = child.after.keys().filter(|name| name.starts_with("upstream")).count();
    let moved: Vec<i128> = (0..levels)
        .map(|level| moved(before(child, &format!("upstream {level}")), paid, before(child, "used")))
        .collect();
    let owed = moved.first().copied().unwrap_or_default();
    let named = |name: &str, value: i128| (name.to_owned(), value);
    let mut below = vec![
        named("used", -paid),
        named("paid", paid),
        named("available", backfilled),
        named("granted", backfilled - paid),
    ];
    below.extend(moved.iter().enumerate().map(|(level, part)| (format!("upstream {level}"), -part)));
    let mut above = vec![
        named("used", owed),
        named("collected", paid),
        named("allocated", backfilled - paid),
        named("available", paid - backfilled - owed),
    ];
    above.extend(moved.iter().skip(1).enumerate().map(|(level, part)| (format!("upstream {level}"), *part)));
    [below, above].map(|figures| changes(&figures.into_iter().collect()))
}

/// Whether as much of a payment comes back as quota as may: no more than the parent can carry, unless the child has
/// nothing else left to take it from; a credit is paid out whole.
fn is_carried(child: &Entry, parent: &Entry) -> bool {
    let (paid, backfilled) = (of(&child.deltas, "paid"), of(&child.deltas, "available"));
    if paid <= 0 {
        return backfilled == paid;
    }
    let most = paid.min(before(parent, "available").max(0) + paid - of(&parent.deltas, "used"));
    let least = (paid - before(child, "granted")).max(0);
    (least..=most.max(least)).contains(&backfilled)
}

/// The part of a debt that goes with a payment: in its proportion, no more than it, and all with all.
fn moved(debt: i128, paid: i128, used: i128) -> i128 {
    if paid == used {
        return debt;
    }
    ratio(debt, paid, used).clamp(paid.min(0), paid.max(0))
}
