//! What an answer shows at most, and how it says that there is more. So many entries and accounts are put into the store
//! straight: without the attribute `item`, by which the stream's consumer tells them, so nobody is told of them.

use serde_json::{Value, json};
use tests::store::{put, typed_partition};
use tests::{Answer, Caller, Program};

use crate::export::{get, next, table};

/// The most rows and bytes of one table, entries of one verification, accounts of one tree.
const MAX_ROWS: usize = 10_000;
const MAX_BYTES: usize = 4 * 1024 * 1024;
const MAX_ENTRIES: usize = 20_000;
const MAX_NODES: usize = 1_000;

/// How many rows are made before their bytes are looked at.
const CHUNK: usize = 500;

/// What a cell takes besides its text.
const CELL_EXTRA: usize = 5;

/// An account below the provider, whose first entry is an allocation.
async fn account(program: &Program) -> String {
    let account = program.onboard(&program.root).await;
    program.allocate(&program.root, &account, "10.00").await.expect(201);
    account
}

/// The item that says what this is, ready to be made into others.
async fn item(program: &Program, partition: &str, sort: &str) -> Value {
    let items = typed_partition(program.stack(), partition).await;
    let mut item = items.into_iter().find(|item| item["sort_key"]["S"] == *sort).expect("an item");
    item.as_object_mut().unwrap().remove("item");
    item
}

/// Entries of these numbers: charges of nothing.
async fn charges(program: &Program, account: &str, numbers: std::ops::RangeInclusive<usize>, note: &str) -> Vec<Value> {
    let mut charge = item(program, &format!("ENTRIES#{account}"), &format!("{:015}", 1)).await;
    charge["kind"] = json!({ "S": "charge" });
    charge["amount"] = json!({ "N": "0" });
    charge["deltas"] = json!({ "M": {} });
    charge["note"] = json!({ "S": note });
    let numbered = |number: usize| {
        let mut entry = charge.clone();
        entry["seq"] = json!({ "N": number.to_string() });
        entry["sort_key"] = json!({ "S": format!("{number:015}") });
        entry
    };
    numbers.map(numbered).collect()
}

/// Makes the account's history so long, with charges of nothing.
async fn lengthen(program: &Program, account: &str, entries: usize) {
    let mut position = item(program, &format!("ACCOUNT#{account}"), "POSITION").await;
    let seq: usize = position["seq"]["N"].as_str().unwrap().parse().unwrap();
    put(program.stack(), &charges(program, account, seq + 1..=entries, "nothing").await).await;
    position["seq"] = json!({ "N": entries.to_string() });
    put(program.stack(), &[position]).await;
}

/// The numbers of rows of each part of the table.
async fn parts(caller: &Caller, account: &str) -> Vec<usize> {
    let (mut parts, mut following) = (Vec::new(), Some(format!("/v1/accounts/{account}/entries")));
    while let Some(path) = following {
        let answer = get(caller, &path).await;
        parts.push(table(&answer).1.len());
        assert!(parts.len() < 5, "it does not end: {parts:?}");
        following = next(&answer);
    }
    parts
}

/// What a verification says, and the path of the next one.
async fn verified(caller: &Caller, path: &str) -> (usize, Option<String>) {
    let body = caller.get(path).await.expect(200);
    assert_eq!(body["consistent"], true, "{body:#}");
    let entries = usize::try_from(body["entries"].as_u64().unwrap()).unwrap();
    (entries, body["next_cursor"].as_str().map(|cursor| format!("{path}?cursor={cursor}")))
}

#[tokio::test]
async fn long_histories_are_exported_and_verified_in_parts() {
    let program = Program::create().await;
    let account = account(&program).await;
    let viewer = program.member(&account, "viewer");
    let verification = format!("/v1/accounts/{account}/verification");

    lengthen(&program, &account, MAX_ROWS).await;
    assert_eq!(parts(&viewer, &account).await, [MAX_ROWS]);
    lengthen(&program, &account, MAX_ROWS + 1).await;
    assert_eq!(parts(&viewer, &account).await, [MAX_ROWS, 1]);

    lengthen(&program, &account, MAX_ENTRIES).await;
    assert_eq!(verified(&viewer, &verification).await, (MAX_ENTRIES, None));
    lengthen(&program, &account, MAX_ENTRIES + 1).await;
    let (entries, following) = verified(&viewer, &verification).await;
    assert_eq!(entries, MAX_ENTRIES);
    assert_eq!(verified(&viewer, &following.expect("a next part")).await, (1, None));
}

/// What the first rows of a table take, as it counts them.
fn bytes(answer: &Answer) -> usize {
    let rows = table(answer).1;
    rows.iter().take(CHUNK).flatten().map(|cell| cell.len() + CELL_EXTRA).sum()
}

#[tokio::test]
async fn tables_end_with_the_rows_that_make_four_mebibytes_full() {
    let program = Program::create().await;
    let account = account(&program).await;
    let viewer = program.member(&account, "viewer");
    let path = format!("/v1/accounts/{account}/entries");
    let last = CHUNK + 1;
    lengthen(&program, &account, last).await;
    let rewrite = async |numbers, note: usize| {
        put(program.stack(), &charges(&program, &account, numbers, &"x".repeat(note)).await).await;
    };
    // Nearly as much in a chunk as there is room for; the newest row takes what is left.
    let note = MAX_BYTES / CHUNK - 600;
    rewrite(2..=last, note).await;
    let room = MAX_BYTES - bytes(&get(&viewer, &path).await);
    rewrite(last..=last, note + room - 1).await;
    assert_eq!(bytes(&get(&viewer, &path).await), MAX_BYTES - 1);
    assert_eq!(parts(&viewer, &account).await, [last]);
    rewrite(last..=last, note + room).await;
    assert_eq!(bytes(&get(&viewer, &path).await), MAX_BYTES);
    assert_eq!(parts(&viewer, &account).await, [CHUNK, 1]);
}

/// The items of an account, and what leads to it from its parent.
async fn items_of_child(program: &Program, parent: &str, child: &str) -> [Value; 3] {
    let own = format!("ACCOUNT#{child}");
    [
        item(program, &own, "POSITION").await,
        item(program, &own, "PROFILE").await,
        item(program, &format!("CHILDREN#{parent}"), child).await,
    ]
}

/// Another child like that one: the last digits of its id make way for a number, so nobody else has the id.
fn another(child: &[Value; 3], number: usize) -> [Value; 3] {
    let [mut position, mut profile, mut pointer] = child.clone();
    let id = pointer["sort_key"]["S"].as_str().unwrap();
    let id = format!("{}{number:06}", id.split_at(id.len() - 6).0);
    for item in [&mut position, &mut profile, &mut pointer] {
        item["account_id"] = json!({ "S": id });
    }
    position["partition_key"] = json!({ "S": format!("ACCOUNT#{id}") });
    profile["partition_key"] = json!({ "S": format!("ACCOUNT#{id}") });
    pointer["sort_key"] = json!({ "S": id });
    [position, profile, pointer]
}

fn nodes(tree: &Value) -> usize {
    1 + tree["children"].as_array().unwrap().iter().map(nodes).sum::<usize>()
}

#[tokio::test]
async fn trees_of_more_than_a_thousand_accounts_are_cut_and_say_so() {
    let program = Program::create().await;
    let line = program.line().await;
    let viewer = program.member(&line.distributor, "viewer");
    let customer = items_of_child(&program, &line.reseller, &line.customer).await;
    let add = async |numbers: std::ops::Range<usize>| {
        let items: Vec<Value> = numbers.flat_map(|number| another(&customer, number)).collect();
        put(program.stack(), &items).await;
    };
    let shown = async || {
        let tree = viewer.get(format!("/v1/accounts/{}/tree", line.distributor)).await.expect(200);
        let resellers = tree["children"].as_array().unwrap().len();
        (nodes(&tree), resellers, tree["truncated"].clone())
    };
    // The distributor, its reseller and that one's customer are three.
    add(0..MAX_NODES - 3).await;
    assert_eq!(shown().await, (MAX_NODES, 1, json!(false)));
    add(MAX_NODES - 3..MAX_NODES - 2).await;
    assert_eq!(shown().await, (MAX_NODES, 1, json!(true)));
    // Whole levels first: a reseller takes the place of a customer.
    program.onboard(&line.distributor).await;
    assert_eq!(shown().await, (MAX_NODES, 2, json!(true)));
}
