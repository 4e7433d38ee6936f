//! Sends recorded calls of DynamoDB again, one after the other, and says what CPU that took.
//!
//! `bare_loop FILE TIMES`: every line of the file is `{"operation", "request"}`. It writes `ready` when all is read, begins
//! when it is sent a line, and at the end writes `{"cpu_ns"}` of the calls.

use std::io::{self, Write};

use bare::Fault;
use bare::calls::recorded;
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let mut arguments = std::env::args().skip(1);
    let (file, times) = (arguments.next().ok_or("no file")?, arguments.next().ok_or("no number of times")?);
    let times: u32 = times.parse()?;
    let calls = recorded(&file)?;
    let client = bare::client()?;
    // Opens the connection; what it answers does not matter.
    let _outcome = client.list_tables().send().await;
    println!("ready");
    io::stdout().flush()?;
    io::stdin().read_line(&mut String::new())?;
    let before = cpu_ns()?;
    for _ in 0..times {
        for call in &calls {
            call.send(&client).await?;
        }
    }
    println!("{}", json!({ "cpu_ns": cpu_ns()?.saturating_sub(before) }));
    Ok(())
}

/// What this thread, which is the only one that works, has used.
fn cpu_ns() -> Result<u64, Fault> {
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    Ok(text.split_whitespace().next().ok_or("no time")?.parse()?)
}
