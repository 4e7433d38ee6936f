//! The model's state: accounts with positions and entries, and what was bought, held and paid.

use std::collections::{HashMap, HashSet};

use crate::decimal::Decimal;

/// An account's place in [`World::accounts`].
pub type AccountAt = usize;

/// The figures of a position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub granted: Decimal,
    pub allocated: Decimal,
    pub held: Decimal,
    pub used: Decimal,
    pub available: Decimal,
    pub paid: Decimal,
    pub collected: Decimal,
    /// Nearest ancestor first; one for each ancestor below the provider.
    pub upstream: Vec<Decimal>,
}

impl Figures {
    pub fn named(&self) -> [(&'static str, Decimal); 7] {
        [
            ("granted", self.granted),
            ("allocated", self.allocated),
            ("held", self.held),
            ("used", self.used),
            ("available", self.available),
            ("paid", self.paid),
            ("collected", self.collected),
        ]
    }

    pub fn all(&self) -> impl Iterator<Item = Decimal> {
        self.named().into_iter().map(|(_, figure)| figure).chain(self.upstream.iter().copied())
    }

    pub fn plus(&self, deltas: &Figures) -> Figures {
        let upstream = |at: usize| deltas.upstream.get(at).copied().unwrap_or_default();
        Figures {
            granted: self.granted + deltas.granted,
            allocated: self.allocated + deltas.allocated,
            held: self.held + deltas.held,
            used: self.used + deltas.used,
            available: self.available + deltas.available,
            paid: self.paid + deltas.paid,
            collected: self.collected + deltas.collected,
            upstream: self.upstream.iter().enumerate().map(|(at, figure)| *figure + upstream(at)).collect(),
        }
    }

    pub fn negated(&self) -> Figures {
        Figures {
            granted: -self.granted,
            allocated: -self.allocated,
            held: -self.held,
            used: -self.used,
            available: -self.available,
            paid: -self.paid,
            collected: -self.collected,
            upstream: self.upstream.iter().map(|figure| -*figure).collect(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Active,
    /// By the account of that depth above it.
    Suspended {
        by_depth: usize,
    },
    Closed,
}

/// One line of an account's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: &'static str,
    pub amount: Decimal,
    pub deltas: Figures,
    pub after: Figures,
}

#[derive(Clone, Debug)]
pub struct Account {
    pub parent: Option<AccountAt>,
    /// 0 is the provider.
    pub depth: usize,
    pub discount: Decimal,
    pub status: Status,
    pub figures: Figures,
    pub entries: Vec<Entry>,
    /// What its payments were named, trimmed.
    pub references: HashSet<String>,
    /// The list amounts of its charges by `source_id`.
    pub charges: HashMap<String, Decimal>,
}

impl Account {
    pub fn seq(&self) -> usize {
        self.entries.len()
    }

    /// What the account could give back to its parent.
    pub fn reclaimable(&self) -> Decimal {
        self.figures.available.min(self.figures.granted).max(Decimal::ZERO)
    }
}

/// One tier's price: the buyer's first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub account: AccountAt,
    pub discount: Decimal,
    pub cost: Decimal,
    pub margin: Decimal,
}

#[derive(Clone, Debug)]
pub struct Purchase {
    pub account: AccountAt,
    pub list_amount: Decimal,
    pub price: Vec<Line>,
    pub refunded: Decimal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldState {
    Open,
    Captured,
    Released,
    Expired,
}

#[derive(Clone, Debug)]
pub struct Hold {
    pub account: AccountAt,
    pub list_amount: Decimal,
    pub price: Vec<Line>,
    pub expires_at_hour: u32,
    pub state: HoldState,
}

#[derive(Clone, Debug)]
pub struct Settlement {
    pub account: AccountAt,
    pub amount: Decimal,
    pub backfilled: Decimal,
    pub moved: Vec<Decimal>,
    pub is_reversed: bool,
}

/// Everything in one program.
#[derive(Clone, Debug)]
pub struct World {
    /// The provider first, parents before their children.
    pub accounts: Vec<Account>,
    pub purchases: Vec<Purchase>,
    pub holds: Vec<Hold>,
    pub settlements: Vec<Settlement>,
    /// How often the clock was moved on by an hour.
    pub hour: u32,
    /// The currency's minor digits.
    pub minor: u32,
}

impl World {
    /// A program with its provider, given this capacity.
    pub fn new(minor: u32, capacity: Decimal) -> World {
        let mut world =
            World { accounts: vec![], purchases: vec![], holds: vec![], settlements: vec![], hour: 0, minor };
        world.add(None, Decimal::ZERO);
        let deltas = Figures { granted: capacity, available: capacity, ..Figures::default() };
        world.post("capacity", 0, capacity, deltas);
        world
    }

    /// A new account below `parent`.
    pub fn add(&mut self, parent: Option<AccountAt>, discount: Decimal) -> AccountAt {
        let depth = parent.map_or(0, |parent| self.accounts[parent].depth + 1);
        let upstream = vec![Decimal::ZERO; depth.saturating_sub(1)];
        self.accounts.push(Account {
            parent,
            depth,
            discount,
            status: Status::Active,
            figures: Figures { upstream, ..Figures::default() },
            entries: vec![],
            references: HashSet::new(),
            charges: HashMap::new(),
        });
        self.accounts.len() - 1
    }

    /// One entry.
    pub fn post(&mut self, kind: &'static str, account: AccountAt, amount: Decimal, deltas: Figures) {
        let account = &mut self.accounts[account];
        account.figures = account.figures.plus(&deltas);
        let after = account.figures.clone();
        account.entries.push(Entry { kind, amount, deltas, after });
    }

    /// Its ancestors, the parent first, the provider last.
    pub fn ancestors(&self, account: AccountAt) -> Vec<AccountAt> {
        std::iter::successors(self.accounts[account].parent, |at| self.accounts[*at].parent).collect()
    }

    pub fn children(&self, account: AccountAt) -> Vec<AccountAt> {
        (0..self.accounts.len()).filter(|at| self.accounts[*at].parent == Some(account)).collect()
    }

    /// Whether the two are the same, or `other` stands above `account`.
    pub fn is_at_or_below(&self, account: AccountAt, other: AccountAt) -> bool {
        account == other || self.ancestors(account).contains(&other)
    }

    /// How many of `account`'s upstream figures, or lines of a price above its own, `viewer` may see.
    pub fn visible_above(&self, account: AccountAt, viewer: AccountAt) -> usize {
        let (own, its) = (self.accounts[account].depth, self.accounts[viewer].depth);
        (own - its).min(own.saturating_sub(1))
    }

    /// The first three rules of a position, for every account.
    pub fn check(&self) {
        for (at, account) in self.accounts.iter().enumerate() {
            let figures = &account.figures;
            let parts = figures.available + figures.allocated + figures.held + figures.used;
            assert_eq!(figures.granted, parts, "granted = available + allocated + held + used, account {at}");
            let handed_down: Decimal =
                self.children(at).iter().map(|child| self.accounts[*child].figures.granted).sum();
            assert_eq!(figures.allocated, handed_down, "allocated = the children's granted, account {at}");
            for (name, figure) in
                [("granted", figures.granted), ("allocated", figures.allocated), ("held", figures.held)]
            {
                assert!(!figure.is_negative(), "{name} is not below zero, account {at}");
            }
        }
    }
}
