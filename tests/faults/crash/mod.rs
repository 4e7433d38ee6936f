//! Processes that die: at every call that a function makes in its work, before the service hears of it and after the
//! service has carried it out.
//!
//! Every point is tried on an account of its own, which is looked at again when all have been tried. `--nocapture` shows
//! what happened at each.

mod intake;
mod notifier;
mod relay;

use std::fmt::{self, Display, Formatter};

use local::{Moment, Stack};
use tests::watch::until;

use crate::world::own_stack;

/// When a process may die that makes a call.
const MOMENTS: [Moment; 2] = [Moment::Before, Moment::After];

/// Where a process dies: at its function's n-th call.
#[derive(Clone, Copy, Debug)]
struct Point {
    function: &'static str,
    call: usize,
    moment: Moment,
}

/// What is known of a crash.
struct Crash {
    /// Where the process died.
    point: Point,
    /// The calls of the function since the work began, by their operation; the fatal one is among them.
    calls: Vec<String>,
}

/// A crash and what came of it.
struct Row {
    crash: Crash,
    outcome: String,
}

impl Point {
    /// Every point of a piece of work that takes so many calls.
    fn all(function: &'static str, calls: usize) -> impl Iterator<Item = Point> {
        (1..=calls).flat_map(move |call| MOMENTS.map(|moment| Point { function, call, moment }))
    }

    /// Has the function's process die here while it does what `act` leads to.
    async fn crash(self, stack: &Stack, act: impl Future<Output = ()>) -> Crash {
        let Point { function, call, moment } = self;
        let before = stack.crashes();
        stack.crash_at(function, u64::try_from(call).unwrap(), moment);
        act.await;
        until(async || match stack.crashes() - before {
            0 => Err(format!("{self:?}: only {:?}", operations(stack, function))),
            _ => Ok(()),
        })
        .await;
        Crash { point: self, calls: operations(stack, function) }
    }
}

impl Crash {
    /// The operation of the call at which the process died.
    fn operation(&self) -> &str {
        &self.calls[self.point.call - 1]
    }

    /// How many calls of an operation the dying process had carried out for it, as far as one was made after the other.
    fn carried_out(&self, operation: &str) -> usize {
        let count = match self.point.moment {
            Moment::Before => self.point.call - 1,
            Moment::After => self.point.call,
        };
        self.calls.iter().take(count).filter(|call| *call == operation).count()
    }

    fn with(self, outcome: String) -> Row {
        Row { crash: self, outcome }
    }
}

impl Display for Row {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Row { crash, outcome } = self;
        let Point { function, call, moment } = crash.point;
        let moment = format!("{moment:?}").to_lowercase();
        write!(formatter, "{function:<9} {call:>3}  {:<20} {moment:<7} {outcome}", crash.operation())
    }
}

fn show(title: &str, rows: &[Row]) {
    let lines: Vec<String> = rows.iter().map(Row::to_string).collect();
    println!("\n{title}\nfunction call  operation            killed  what came of it\n{}\n", lines.join("\n"));
}

/// The operations of a function's calls since it was last to die.
fn operations(stack: &Stack, function: &str) -> Vec<String> {
    let name = |call: &String| match call.rsplit(' ').next().unwrap_or_default() {
        "/v2/email/outbound-emails" => "SendEmail".to_owned(),
        operation => operation.to_owned(),
    };
    stack.calls_since_crash_at(function).iter().map(name).collect()
}

/// How many calls a function makes in the work that `act` leads to and waits for.
async fn calls_during(stack: &Stack, function: &str, act: impl Future<Output = ()>) -> usize {
    let before = stack.calls_of(function);
    act.await;
    usize::try_from(stack.calls_of(function) - before).unwrap()
}

// Most of the time goes by until something is delivered again, so those who wait do so side by side.

#[tokio::test]
async fn wherever_relay_or_intake_dies_everything_is_told_and_counted_once() {
    let (relay, intake) = tokio::join!(async { relay::points(own_stack().await).await }, async {
        intake::points(own_stack().await).await
    },);
    show("relay: one purchase that depletes an account", &relay);
    show("intake: three lines for two accounts, and a payment", &intake);
}

#[tokio::test]
async fn wherever_notifier_dies_only_a_mail_that_was_not_noted_as_sent_is_repeated() {
    let of_two = async |moment| notifier::points_of_two(own_stack().await, moment).await;
    let (of_one, before, after) = tokio::join!(
        async { notifier::points_of_one(own_stack().await).await },
        of_two(Moment::Before),
        of_two(Moment::After),
    );
    show("notifier: one person to mail", &of_one);
    show("notifier: two people to mail, side by side", &before);
    show("notifier: two people to mail, side by side", &after);
}
