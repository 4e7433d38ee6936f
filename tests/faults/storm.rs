//! Functions killed, and the whole stack, while many clients post: what was acknowledged is there, what was not can be
//! sent again with its key.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fastrand::Rng;
use serde_json::{Value, json};
use tests::process::Process;
use tests::program::{OPERATOR, settings, text};
use tests::watch::until;
use tests::{Answer, Caller, company};
use tokio::process::Command;
use tokio::task::JoinSet;

use crate::inject::seed;

const CLIENTS: usize = 6;

/// How often the stack is killed.
const STACKS: usize = 2;

/// How many functions are killed before a stack is.
const FUNCTIONS: usize = 6;

/// About how many requests are acknowledged between one kill and the next.
const BETWEEN: usize = 6;

/// Requests by their keys: the posting of those that were acknowledged, nothing where it is not known what became of them.
type Sent = BTreeMap<String, Option<String>>;

/// Two accounts, one below the other, with more quota than is asked for here.
#[derive(Clone)]
struct Pair {
    distributor: String,
    reseller: String,
}

impl Pair {
    async fn open(process: &Process) -> Pair {
        let operator = process.caller("operator", OPERATOR).await;
        let changes =
            json!({ "capacity": "5000000.00", "discounts": { "distributor": "0", "reseller": "0", "customer": "0" } });
        let program = operator.post("/v1/programs").json(company::with(&settings(), &changes)).await.expect(201);
        let root = text(&program, "root_account_id");
        let (distributor, reseller) = {
            let distributor = onboarded(process, &root, 1).await;
            let reseller = onboarded(process, &distributor, 2).await;
            (distributor, reseller)
        };
        for (parent, child, amount) in [(&root, &distributor, "1000000.00"), (&distributor, &reseller, "1000.00")] {
            let path = format!("/v1/accounts/{child}/allocations");
            admin(process, parent).await.post(path).key("first").json(json!({ "amount": amount })).await.expect(201);
        }
        Pair { distributor, reseller }
    }

    /// What the request under a key asks for: quota for the reseller, or something that it buys.
    fn call(&self, number: usize) -> (&str, String, Value) {
        let Pair { distributor, reseller } = self;
        if number.is_multiple_of(3) {
            (distributor, format!("/v1/accounts/{reseller}/allocations"), json!({ "amount": "7.00" }))
        } else {
            let order = json!({ "list_amount": "1.00", "product": "Disk" });
            (reseller, format!("/v1/accounts/{reseller}/purchases"), order)
        }
    }
}

async fn admin(process: &Process, account: &str) -> Caller {
    process.caller(&format!("admin-of-{account}"), &format!("{account}:admin")).await
}

async fn onboarded(process: &Process, parent: &str, number: u32) -> String {
    let path = format!("/v1/accounts/{parent}/applications");
    let application = admin(process, parent).await.post(path).json(company::numbered(number)).await.expect(201);
    text(&application, "account_id")
}

/// The processes below another one.
fn children(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").expect("the list of processes").flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |id: &u32| {
        let status = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // After the name, in parentheses: the state, and the parent.
        let rest = status.rsplit_once(')').map(|(_, rest)| rest.trim().to_owned()).unwrap_or_default();
        rest.split(' ').nth(1).and_then(|id| id.parse().ok()) == Some(parent)
    };
    numbers.filter(is_child).collect()
}

async fn kill(id: u32) {
    // It may have ended by itself.
    let _ = Command::new("kill").args(["-9", &id.to_string()]).output().await.expect("kill");
}

/// Posts until the stack is gone. Answers with what became of each request.
async fn post(client: usize, round: usize, pair: Pair, callers: [Caller; 2], acknowledged: Arc<AtomicUsize>) -> Sent {
    let mut sent = Sent::new();
    for number in 0.. {
        let key = format!("{round}-{client}-{number}");
        let (actor, path, body) = pair.call(number);
        let caller = if actor == pair.distributor { &callers[0] } else { &callers[1] };
        let answer = caller.post(&path).key(&key).json(&body).attempt().await;
        let posting = answer.as_ref().ok().filter(|answer| answer.status == 201);
        let posting = posting.map(|answer| text(&answer.json(), "posting_id"));
        acknowledged.fetch_add(usize::from(posting.is_some()), Ordering::Relaxed);
        sent.insert(key, posting);
        match answer {
            // Killed in the middle, or others were faster too often: both are safe to send again.
            Ok(answer) => assert!(matches!(answer.status, 201 | 500 | 503) || answer.is_contention(), "{answer}"),
            Err(_) => break,
        }
    }
    sent
}

/// Kills functions, then the stack, each once so many more requests were acknowledged.
async fn rage(process: Process, acknowledged: &AtomicUsize, random: &mut Rng) {
    let mut next = 0;
    for _ in 0..FUNCTIONS {
        next += random.usize(1..=2 * BETWEEN);
        reach(acknowledged, next).await;
        let functions = children(process.id());
        kill(functions[random.usize(..functions.len())]).await;
    }
    reach(acknowledged, next + random.usize(1..=BETWEEN)).await;
    process.kill().await;
}

async fn reach(acknowledged: &AtomicUsize, count: usize) {
    until(async || match acknowledged.load(Ordering::Relaxed) {
        seen if seen >= count => Ok(()),
        seen => Err(format!("{seen} of {count}")),
    })
    .await;
}

/// Sends everything once more: what was acknowledged is answered as it was, and all else is done by now.
async fn check_again(process: &Process, pair: &Pair, sent: &Sent) {
    let callers = [admin(process, &pair.distributor).await, admin(process, &pair.reseller).await];
    for (key, posting) in sent {
        let number = key.rsplit('-').next().unwrap().parse().unwrap();
        let (actor, path, body) = pair.call(number);
        let caller = if actor == pair.distributor { &callers[0] } else { &callers[1] };
        let answer: Answer = caller.post(&path).key(key).json(&body).await;
        let again = answer.expect(201);
        let is_replayed = answer.headers.contains_key("idempotent-replayed");
        if let Some(posting) = posting {
            assert!(is_replayed && again["posting_id"] == **posting, "{key} was {posting}, and is now\n{answer}");
        }
    }
}

/// One effect a key: the reseller's figures are those of all requests.
async fn check_sums(process: &Process, pair: &Pair, sent: &Sent) {
    let numbers = sent.keys().map(|key| key.rsplit('-').next().unwrap().parse::<usize>().unwrap());
    let grants = numbers.filter(|number| number.is_multiple_of(3)).count();
    let purchases = sent.len() - grants;
    let reader = admin(process, &pair.reseller).await;
    let position = reader.get(format!("/v1/accounts/{}/position", pair.reseller)).await.expect(200);
    assert_eq!(position["granted"], format!("{}.00", 1000 + 7 * grants));
    assert_eq!(position["used"], format!("{purchases}.00"));
    assert_eq!(position["seq"], 1 + sent.len());
    for account in [&pair.reseller, &pair.distributor] {
        let path = format!("/v1/accounts/{account}/verification");
        let verification = admin(process, account).await.get(path).await.expect(200);
        assert_eq!(verification["consistent"], true, "{verification:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_every_kill_and_the_rest_can_be_sent_again() {
    let mut random = Rng::with_seed(seed());
    let data = tempfile::tempdir().unwrap();
    let mut process = Process::start(data.path()).await;
    let pair = Pair::open(&process).await;
    let mut sent = Sent::new();
    for round in 0..STACKS {
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let callers = [admin(&process, &pair.distributor).await, admin(&process, &pair.reseller).await];
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            clients.spawn(post(client, round, pair.clone(), callers.clone(), Arc::clone(&acknowledged)));
        }
        rage(process, &acknowledged, &mut random).await;
        for of_client in clients.join_all().await {
            sent.extend(of_client);
        }
        process = Process::start(data.path()).await;
    }
    let unknown = sent.values().filter(|posting| posting.is_none()).count();
    println!("{} requests, {unknown} of them without an acknowledgement", sent.len());
    check_again(&process, &pair, &sent).await;
    check_sums(&process, &pair, &sent).await;
    assert!(process.interrupt().await.success());
}
