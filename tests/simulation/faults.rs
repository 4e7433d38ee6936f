//! What goes wrong at one call to a service: drawn from the seed, by who calls and for the how many-th time.

use std::sync::atomic::{AtomicBool, Ordering};

use fastrand::Rng;

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The service has too much to do; nothing was carried out.
    Throttled,
    /// Another transaction is at one of the items; nothing was carried out, and nothing is told of the items.
    Conflict,
    /// The same transaction is under way; nothing is told of it.
    InProgress,
    /// The service broke down before it carried anything out.
    Broken,
    /// The service did a part and says which.
    Partial,
    /// It was carried out; the answer says that the service broke down.
    BrokenAfter,
    /// It was carried out, and the connection broke before the answer.
    Lost,
    /// It takes this many milliseconds.
    Slow(u64),
    /// It is carried out after this many milliseconds, by when nobody waits for it any more.
    Late(u64),
    /// It is not carried out, and nobody says so.
    Silent,
    /// The function's process dies before the call.
    CrashBefore,
    /// The function's process dies after the call was carried out, before it hears of it.
    CrashAfter,
}

impl Fault {
    /// Whether the call has its effect all the same, now or later.
    pub fn is_carried_out(self) -> bool {
        match self {
            Fault::Partial | Fault::BrokenAfter | Fault::Lost | Fault::Slow(_) | Fault::Late(_) | Fault::CrashAfter => {
                true
            }
            Fault::Throttled | Fault::Conflict | Fault::InProgress | Fault::Broken => false,
            Fault::Silent | Fault::CrashBefore => false,
        }
    }
}

/// How many kinds of faults there are.
const KINDS: usize = 12;

/// What kinds of faults a world has, and how often: some worlds know only a few, others all of them.
pub struct Weather {
    seed: u64,
    per_mille: u64,
    kinds: Vec<usize>,
    is_stormy: AtomicBool,
}

impl Weather {
    /// Of a world.
    pub fn of(seed: u64) -> Weather {
        let mut random = Rng::with_seed(mix(&[seed, 1]));
        let per_mille = *random.choice(&[10, 50, 100, 200, 300, 400]).expect("a rate");
        let mut kinds: Vec<usize> = (0..KINDS).filter(|_| random.bool()).collect();
        if kinds.is_empty() {
            kinds.push(random.usize(0..KINDS));
        }
        Weather { seed, per_mille, kinds, is_stormy: AtomicBool::new(false) }
    }

    /// Nothing goes wrong, ever.
    pub fn fair() -> Weather {
        Weather { seed: 0, per_mille: 0, kinds: Vec::new(), is_stormy: AtomicBool::new(false) }
    }

    /// Lets faults begin or end.
    pub fn set_stormy(&self, is_stormy: bool) {
        self.is_stormy.store(is_stormy, Ordering::Relaxed);
    }

    /// Whether something may go wrong now.
    pub fn is_stormy(&self) -> bool {
        self.is_stormy.load(Ordering::Relaxed)
    }

    /// Randomness that depends on the seed and on who asks, not on the order in which others do.
    pub fn random(&self, parts: &[u64]) -> Rng {
        let mut all = vec![self.seed];
        all.extend(parts);
        Rng::with_seed(mix(&all))
    }

    /// What goes wrong with a call, if anything. Most calls are the store's: with the others more goes wrong, or too little
    /// would.
    pub fn strike(&self, random: &mut Rng, is_of_store: bool) -> Option<Fault> {
        let per_mille = if is_of_store { self.per_mille } else { (3 * self.per_mille).min(700) };
        if !self.is_stormy() || random.u64(0..1_000) >= per_mille {
            return None;
        }
        let kind = *random.choice(&self.kinds)?;
        Some(match kind {
            0 => Fault::Throttled,
            1 => Fault::Conflict,
            2 => Fault::InProgress,
            3 => Fault::Broken,
            4 => Fault::Partial,
            5 => Fault::BrokenAfter,
            6 => Fault::Lost,
            7 => Fault::Slow(random.u64(1..1_500)),
            8 => Fault::Late(random.u64(500..9_000)),
            9 => Fault::Silent,
            10 => Fault::CrashBefore,
            _ => Fault::CrashAfter,
        })
    }
}

/// A number for a list of numbers; near lists have far numbers.
pub fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0x9e37_79b9_7f4a_7c15, |sum, part| {
        let mut mixed = (sum ^ part).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^= mixed >> 29;
        mixed = mixed.wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 32)
    })
}
