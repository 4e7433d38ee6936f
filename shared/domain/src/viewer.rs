//! Who looks: what may be shown to an acting account.

use crate::account::Lineage;
use crate::{AccountId, Amount, Waterfall};

/// The acting account, as far as showing is concerned. Prices above it are never shown, nor are accounts outside its
/// branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// The deployment's operator reads everything.
    Operator,
    /// An account reads itself and everything below.
    Account(AccountId),
}

impl Viewer {
    /// Whether the viewer sees the account's figures: its own and those of everything below.
    #[must_use]
    pub fn sees(&self, account: &Lineage) -> bool {
        match self {
            Viewer::Operator => true,
            Viewer::Account(id) => account.is_or_is_below(*id),
        }
    }

    /// The part of the account's `upstream` figures that the viewer may see: what the viewer itself and the tiers below
    /// it will owe. Nearest ancestor first, so what is left out is at the end.
    #[must_use]
    pub fn upstream<'a>(&self, account: &Lineage, upstream: &'a [Amount]) -> &'a [Amount] {
        let levels = match self {
            Viewer::Operator => upstream.len(),
            Viewer::Account(id) if *id == account.id => 0,
            Viewer::Account(id) => {
                account.ancestors.iter().position(|ancestor| ancestor == id).map_or(0, |index| index.saturating_add(1))
            }
        };
        upstream.get(..levels.min(upstream.len())).unwrap_or_default()
    }

    /// How many lines of a waterfall (buyer first) the viewer may see.
    #[must_use]
    pub fn waterfall<'a>(&self, buyer: &Lineage, waterfall: &'a Waterfall) -> &'a [crate::price::Line] {
        let visible = match self {
            Viewer::Operator => waterfall.lines.len(),
            Viewer::Account(id) if *id == buyer.id => 1,
            Viewer::Account(id) => {
                buyer.ancestors.iter().position(|ancestor| ancestor == id).map_or(0, |index| index.saturating_add(2))
            }
        };
        waterfall.lines.get(..visible.min(waterfall.lines.len())).unwrap_or_default()
    }

    /// Whether the viewer may see who (`sub`) acted in the name of `acting`: people of its own account and below.
    ///
    /// `subject` is the account that the act was about, through whose line the acting account is placed.
    #[must_use]
    pub fn sees_person(&self, acting: Option<AccountId>, subject: &Lineage) -> bool {
        match (self, acting) {
            (Viewer::Operator, _) => true,
            (Viewer::Account(_), None) => false,
            (Viewer::Account(id), Some(acting)) => {
                let line: Vec<AccountId> =
                    std::iter::once(subject.id).chain(subject.ancestors.iter().copied()).collect();
                let depth = |wanted: AccountId| line.iter().position(|account| *account == wanted);
                match (depth(*id), depth(acting)) {
                    (Some(viewer), Some(actor)) => actor <= viewer,
                    _ => *id == acting,
                }
            }
        }
    }
}
