//! Many at once on one tree: whatever was accepted has to be explainable as one operation after the other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fastrand::Rng;
use serde_json::Value;
use tests::Answer;
use tests::client::insist;
use tests::program::text;

use crate::command::Command;
use crate::decimal::Decimal;
use crate::explain::explain;
use crate::generate::{posting, share_out};
use crate::session::{Request, Session};
use crate::step::Step;
use crate::world::{Hold, HoldState, Purchase, Settlement, World};

/// Clients that fire at the same time.
const CLIENTS: usize = 6;

/// Steps of each.
const STEPS: usize = 60;

/// A request that was carried out, once.
#[derive(Clone, Debug)]
pub struct Done {
    pub command: Command,
    pub body: Value,
}

/// What all clients know. The figures are those of some answer of late, which is good enough to choose amounts by.
struct Shared {
    session: Session,
    guess: World,
    done: Vec<Done>,
}

#[derive(Clone)]
struct Tree(Arc<Mutex<Shared>>);

impl Tree {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_at_once_can_be_explained_one_by_one() {
    let seed = fastrand::u64(..);
    println!("concurrent: seed {seed}");
    let mut random = Rng::with_seed(seed);
    let stack = tests::stack::shared().await;
    let (session, world) = Session::begin(stack, &mut random).await;
    let tree = Tree(Arc::new(Mutex::new(Shared { session, guess: world.clone(), done: vec![] })));
    for (serial, step) in share_out(&mut random).iter().enumerate() {
        fire(&tree, step, &format!("setup-{serial}"), serial, 1).await;
    }
    let clients = (0..CLIENTS).map(|client| tokio::spawn(run(tree.clone(), client, Rng::with_seed(random.u64(..)))));
    let mut sent = 0;
    for client in clients.collect::<Vec<_>>() {
        sent += client.await.unwrap();
    }
    let Ok(shared) = Arc::try_unwrap(tree.0) else { panic!("all clients have ended") };
    let Shared { session, done, .. } = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("concurrent: {sent} requests, {} accepted", done.len());
    if let Err(difference) = explain(session, world, done).await {
        panic!("seed {seed}: {difference}");
    }
}

async fn run(tree: Tree, client: usize, mut random: Rng) -> usize {
    let mut sent = 0;
    for serial in 0..STEPS {
        let step = posting(&mut random);
        // Now and then the same request is sent more than once, at the same time.
        let copies = if random.u8(0..4) == 0 { random.usize(2..4) } else { 1 };
        sent += fire(&tree, &step, &format!("client-{client}-{serial}"), serial, copies).await;
    }
    sent
}

/// Sends a step's request, so many times at once under one key. Answers with how many were sent.
async fn fire(tree: &Tree, step: &Step, key: &str, serial: usize, copies: usize) -> usize {
    let (command, request) = {
        let shared = tree.lock();
        let Some(command) = step.command(&shared.guess, serial) else { return 0 };
        let request = shared.session.request(&shared.guess, &command, step.by_parent);
        (command, request)
    };
    let key = format!("{}-{key}", tree.lock().session.program.id);
    let mut answers = Vec::new();
    let running: Vec<_> = (0..copies).map(|_| tokio::spawn(send(tree.clone(), request.clone(), key.clone()))).collect();
    for one in running {
        answers.push(one.await.unwrap());
    }
    let accepted: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    let fresh = accepted.iter().filter(|answer| !answer.is_replayed()).count();
    let Some(first) = accepted.first() else { return copies };
    // It may have been carried out without an answer that says so; all that came later are replays then.
    let is_unheard = answers.iter().any(Answer::may_replay_itself);
    let is_line = matches!(command, Command::Charge { .. });
    assert!(fresh == 1 || (is_line || is_unheard) && fresh == 0, "a key has one effect: {fresh}\n{first}");
    for answer in &accepted {
        assert_eq!(text(&answer.json(), "posting_id"), text(&first.json(), "posting_id"), "{answer}");
    }
    if fresh == 1 || is_unheard {
        take_over(&mut tree.lock(), command, first.json());
    }
    copies
}

/// Sends until it is carried out or refused for a reason.
async fn send(tree: Tree, request: Request, key: String) -> Answer {
    let call = tree.lock().session.call(&request, "").key(key);
    let answer = insist(call).await;
    assert!(answer.status < 500 && !answer.is_contention(), "{answer}");
    answer
}

/// Notes what was made, for others to use.
fn take_over(shared: &mut Shared, command: Command, body: Value) {
    let Shared { session, guess, done } = shared;
    let places: HashMap<&str, usize> =
        session.names.accounts.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
    for effect in body["effects"].as_array().into_iter().flatten() {
        let Some(at) = effect["account_id"].as_str().and_then(|id| places.get(id)) else { continue };
        let figure = |name: &str| Decimal::parse(effect["after"][name].as_str().unwrap_or("0"));
        let figures = &mut guess.accounts[*at].figures;
        figures.granted = figure("granted");
        figures.used = figure("used");
        figures.available = figure("available");
    }
    match &command {
        Command::Purchase { account, list_amount, .. } => {
            let purchase =
                Purchase { account: *account, list_amount: *list_amount, price: vec![], refunded: Decimal::ZERO };
            guess.purchases.push(purchase);
            session.names.purchases.push(text(&body, "purchase_id"));
        }
        Command::Capture { hold, list_amount } => {
            let hold = &guess.holds[*hold];
            let list_amount = list_amount.unwrap_or(hold.list_amount);
            let purchase = Purchase { account: hold.account, list_amount, price: vec![], refunded: Decimal::ZERO };
            guess.purchases.push(purchase);
            session.names.purchases.push(text(&body, "purchase_id"));
        }
        Command::Hold { account, list_amount, expires_at_hour } => {
            // It stays open here, so others try it, too.
            let (account, list_amount, expires_at_hour) = (*account, *list_amount, *expires_at_hour);
            guess.holds.push(Hold { account, list_amount, price: vec![], expires_at_hour, state: HoldState::Open });
            session.names.holds.push(text(&body, "hold_id"));
        }
        Command::Settlement { child, amount, reference, .. } => {
            guess.accounts[*child].references.insert(reference.trim().to_owned());
            let (account, amount) = (*child, *amount);
            let settlement =
                Settlement { account, amount, backfilled: Decimal::ZERO, moved: vec![], is_reversed: false };
            guess.settlements.push(settlement);
            session.names.settlements.push(text(&body, "settlement_id"));
        }
        Command::Charge { account, list_amount, source_id } => {
            guess.accounts[*account].charges.insert(source_id.clone(), *list_amount);
        }
        _ => {}
    }
    done.push(Done { command, body });
}
