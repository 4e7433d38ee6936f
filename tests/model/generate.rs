//! Random histories from a seed.

use fastrand::Rng;

use crate::step::{Expected, How, Mode, Name, Op, Size, Step};

/// Whether the clock may be moved on: it is one for all programs of a stack, so histories that do so run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    Stands,
    Moves,
}

/// `length` steps, and the allocations before them that hand the capacity down.
pub fn history(random: &mut Rng, length: usize, time: Time) -> Vec<Step> {
    let mut steps = share_out(random);
    while steps.len() < length {
        match random.u8(0..100) {
            0..=1 => wind_up(random, &mut steps),
            2..=5 => spend_to_the_end(random, &mut steps),
            6..=7 if time == Time::Moves => steps.push(plain(Op::Advance { hours: random.u8(1..3) })),
            _ => steps.push(step(random)),
        }
    }
    steps
}

/// Steps that hand the capacity down, and some of it twice.
pub fn share_out(random: &mut Rng) -> Vec<Step> {
    (0..14).map(|child| plain(allocate_some(child, random))).collect()
}

/// A step that makes a posting when it is accepted, at whatever position.
pub fn posting(random: &mut Rng) -> Step {
    loop {
        let op = op(random);
        let is_posting = !matches!(
            op,
            Op::Suspend { .. } | Op::Reinstate { .. } | Op::Closure { .. } | Op::Repeat { .. } | Op::Reuse { .. }
        );
        if is_posting {
            return Step { op, mode: Mode::Plain, by_parent: random.bool() };
        }
    }
}

fn allocate_some(child: usize, random: &mut Rng) -> Op {
    Op::Allocation { child, size: Size::Part(random.u8(3..9)) }
}

fn plain(op: Op) -> Step {
    Step { op, mode: Mode::Plain, by_parent: false }
}

fn step(random: &mut Rng) -> Step {
    let mode = match random.u8(0..40) {
        0..=2 => Mode::Preview,
        3 => Mode::Matching,
        4 => Mode::NotMatching,
        _ => Mode::Plain,
    };
    Step { op: op(random), mode, by_parent: random.bool() }
}

/// An account is emptied and closed, with whatever it owed upstream.
fn wind_up(random: &mut Rng, steps: &mut Vec<Step>) {
    if random.bool() {
        steps.push(plain(Op::Open { parent: any(random) }));
    }
    let account = any(random);
    let settle = Op::Settlement {
        child: account,
        size: Size::Part(random.u8(1..17)),
        is_fine: true,
        backfill: random.bool().then_some(Size::Part(0)),
        name: Name::New,
    };
    steps.push(plain(settle));
    steps.push(plain(Op::Credit { account }));
    steps.push(plain(Op::Adjustment { child: account, how: How::Decrease, size: Size::Part(16) }));
    steps.push(plain(Op::Closure { account, above: any(random) }));
}

/// A purchase of all there is, usage on top of it, and payments of all of that.
fn spend_to_the_end(random: &mut Rng, steps: &mut Vec<Step>) {
    let account = any(random);
    steps.push(plain(Op::Purchase { account, size: Size::Part(16), expected: Expected::Nothing }));
    let (mantissa, digits) = (random.i64(1..200_000), 2);
    steps.push(plain(Op::Charge { account, mantissa, digits, name: Name::New }));
    for part in [random.u8(4..12), 16] {
        let settle = Op::Settlement {
            child: account,
            size: Size::Part(part),
            is_fine: true,
            backfill: random.bool().then(|| Size::Part(random.u8(0..17))),
            name: Name::New,
        };
        steps.push(plain(settle));
    }
}

fn any(random: &mut Rng) -> usize {
    random.usize(0..1 << 16)
}

fn op(random: &mut Rng) -> Op {
    match random.u8(0..100) {
        0..=1 => Op::Capacity { size: size(random), is_less: random.bool() },
        2..=8 => Op::Allocation { child: any(random), size: size(random) },
        9..=17 => Op::Adjustment { child: any(random), how: how(random), size: size(random) },
        18..=23 => {
            let lines = (0..random.usize(1..5)).map(|_| (how(random), size(random))).collect();
            Op::Rebalance { parent: any(random), lines }
        }
        24..=34 => Op::Purchase { account: any(random), size: size(random), expected: expected(random) },
        35..=45 => charge(random),
        46..=53 => Op::Hold { account: any(random), size: size(random), hours: random.i8(-1..6) },
        54..=58 => Op::Capture { hold: any(random), size: maybe_size(random) },
        59..=61 => Op::Release { hold: any(random) },
        62..=67 => Op::Refund { purchase: any(random), size: maybe_size(random) },
        68..=78 => Op::Settlement {
            child: any(random),
            size: size(random),
            is_fine: random.bool(),
            backfill: maybe_size(random),
            name: if random.u8(0..8) == 0 { Name::Again } else { Name::New },
        },
        79..=81 => Op::PayOut { child: any(random), size: size(random) },
        82..=86 => Op::Reversal { settlement: any(random) },
        87..=88 => Op::Suspend { account: any(random), above: any(random) },
        89..=92 => Op::Reinstate { account: any(random), above: any(random) },
        93 => Op::Closure { account: any(random), above: any(random) },
        94..=96 => Op::Repeat { accepted: any(random) },
        97..=98 => Op::Reuse { accepted: any(random) },
        _ => Op::Credit { account: any(random) },
    }
}

fn charge(random: &mut Rng) -> Op {
    let name = match random.u8(0..10) {
        0 => Name::Again,
        1 => Name::Reused,
        _ => Name::New,
    };
    let (mantissa, digits) = match random.u8(0..20) {
        0 => (0, 0),
        1 => (random.i64(1..900_000_000_000_000), 0),
        2..=5 => (-random.i64(1..500_000), random.u32(0..=12)),
        6..=9 => (random.i64(1..1_000_000_000), random.u32(8..=12)),
        _ => (random.i64(1..10_000_000), random.u32(2..=12)),
    };
    Op::Charge { account: any(random), mantissa, digits, name }
}

fn size(random: &mut Rng) -> Size {
    match random.u8(0..20) {
        0..=8 => Size::Part(random.u8(1..10)),
        9..=10 => Size::Part(16),
        11..=12 => Size::Beyond(random.u32(1..3)),
        13 if random.u8(0..8) == 0 => Size::Huge,
        13..=15 => Size::Units(random.u32(1..5)),
        _ => Size::Units(random.u32(1..50_000)),
    }
}

fn maybe_size(random: &mut Rng) -> Option<Size> {
    match random.u8(0..8) {
        0..=3 => None,
        4 => Some(Size::Part(0)),
        _ => Some(size(random)),
    }
}

fn how(random: &mut Rng) -> How {
    match random.u8(0..16) {
        0 => How::SetAgain,
        1..=4 => How::Set,
        5..=10 => How::Decrease,
        _ => How::Increase,
    }
}

fn expected(random: &mut Rng) -> Expected {
    match random.u8(0..12) {
        0 => Expected::Wrong,
        1..=3 => Expected::Right,
        _ => Expected::Nothing,
    }
}
