//! Parent and child as one thing on which one operation happens after the other: what concurrent histories must look like.

use stateright::semantics::SequentialSpec;

/// An amount in hundredths: this program's prices leave no smaller parts.
pub type Cents = i64;

/// What a parent's position shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    pub available: Cents,
    pub allocated: Cents,
    pub seq: u64,
}

/// What a child's position shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Child {
    pub granted: Cents,
    pub available: Cents,
    pub used: Cents,
    pub seq: u64,
}

/// A parent with its one child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    pub parent: Parent,
    pub child: Child,
}

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    ReadParent,
    ReadChild,
    /// Quota from the parent to the child.
    Grant(Cents),
    /// Quota from the child back to the parent.
    Reclaim(Cents),
    /// The child spends.
    Buy(Cents),
    /// The child pays, with the quota coming back to it.
    Pay(Cents),
}

/// What it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Parent(Parent),
    Child(Child),
    Both(Pair),
    /// There was only so much.
    Refused(Cents),
}

impl Pair {
    fn moved(&mut self, amount: Cents) -> Outcome {
        self.parent.available -= amount;
        self.parent.allocated += amount;
        self.child.granted += amount;
        self.child.available += amount;
        self.both_posted()
    }

    fn both_posted(&mut self) -> Outcome {
        self.parent.seq += 1;
        self.child.seq += 1;
        Outcome::Both(*self)
    }
}

impl SequentialSpec for Pair {
    type Op = Operation;
    type Ret = Outcome;

    fn invoke(&mut self, operation: &Operation) -> Outcome {
        match *operation {
            Operation::ReadParent => Outcome::Parent(self.parent),
            Operation::ReadChild => Outcome::Child(self.child),
            Operation::Grant(amount) if amount > self.parent.available => Outcome::Refused(self.parent.available),
            Operation::Grant(amount) => self.moved(amount),
            Operation::Reclaim(amount) if amount > self.child.available => Outcome::Refused(self.child.available),
            Operation::Reclaim(amount) => self.moved(-amount),
            Operation::Buy(amount) if amount > self.child.available => Outcome::Refused(self.child.available),
            Operation::Buy(amount) => {
                self.child.available -= amount;
                self.child.used += amount;
                self.child.seq += 1;
                Outcome::Child(self.child)
            }
            Operation::Pay(amount) if amount > self.child.used => Outcome::Refused(self.child.used),
            // Without discounts the parent owes all of it upstream, out of what it has, so nothing comes back to the child
            // beyond that: see the default of `backfill_amount`.
            Operation::Pay(amount) => {
                let backfilled = amount.min(self.parent.available.max(0));
                let cut = amount - backfilled;
                self.child.used -= amount;
                self.child.available += backfilled;
                self.child.granted -= cut;
                self.parent.allocated -= cut;
                self.parent.available -= backfilled;
                self.both_posted()
            }
        }
    }
}
