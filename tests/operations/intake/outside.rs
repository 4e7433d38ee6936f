//! Other systems, as they put events on the bus and as what became of them is seen.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::program::{new_key, text};
use tests::{Program, company};

use crate::desk::{payment, usage};

/// No delivery takes so long unless it never comes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at what only shows by looking.
const PAUSE: Duration = Duration::from_millis(20);

/// The console and the finance system, as a program meets them.
pub struct Outside<'a>(pub &'a Program);

impl Outside<'_> {
    /// Puts an event on the bus; answers with the id that its publisher gave it.
    async fn put(&self, source: &str, detail_type: &str, data: Value) -> String {
        let id = new_key();
        let detail = json!({ "version": "1", "id": id, "program_id": self.0.id, "data": data });
        self.send(json!({ "source": source, "detail-type": detail_type, "detail": detail })).await;
        id
    }

    pub async fn send(&self, event: Value) {
        self.0.client().anonymous().post("/_local/events").json(event).await.expect(202);
    }

    pub async fn usage(&self, lines: &[Value]) -> String {
        self.put("cloud-console", "UsageRecorded", json!({ "lines": lines })).await
    }

    /// Has lines counted, and waits until all that can be posted of them is, and until so many letters about others are
    /// parked. The first shows by a line that cannot be posted, as what is bad is parked last; letters are put into the
    /// queue side by side. Answers with those letters, by reason.
    pub async fn count(&self, lines: &[Value], letters: usize) -> Vec<(String, Value)> {
        let bad = json!({ "mark": true });
        let lines: Vec<Value> = lines.iter().cloned().chain([bad.clone()]).collect();
        let id = self.usage(&lines).await;
        let is_mark = |(_, lines): &(String, Value)| *lines == json!([bad]);
        let is_all = |parked: &Vec<(String, Value)>| parked.iter().any(is_mark) && parked.len() > letters;
        let mut parked = self.parked(&id, is_all).await;
        parked.retain(|letter| !is_mark(letter));
        parked.sort_by(|one, other| one.0.cmp(&other.0));
        parked
    }

    pub async fn pay(&self, account: &str, changes: Value) -> String {
        let data = company::with(&payment("1.00", "INV 1"), &json!({ "account_id": account }));
        self.put("finance", "PaymentReceived", company::with(&data, &changes)).await
    }

    /// Waits for what was parked of an event: reasons and, of usage, lines.
    pub async fn parked(&self, id: &str, is_all: impl Fn(&Vec<(String, Value)>) -> bool) -> Vec<(String, Value)> {
        let client = self.0.client().anonymous();
        eventually(async || {
            let letters = client.get("/_local/dead-letters").await.expect(200);
            let letters: Vec<(String, Value)> = letters
                .as_array()
                .unwrap()
                .iter()
                .filter(|letter| letter["queue"] == "IntakeDeadLetters" && letter["body"]["detail"]["id"] == id)
                .map(|letter| {
                    (text(&letter["attributes"], "reason"), letter["body"]["detail"]["data"]["lines"].clone())
                })
                .collect();
            is_all(&letters).then_some(letters)
        })
        .await
    }

    /// Waits for the one reason for which an event was parked as a whole.
    pub async fn refused(&self, id: &str) -> String {
        let letters = self.parked(id, |letters| !letters.is_empty()).await;
        assert_eq!(letters.len(), 1, "{letters:#?}");
        letters[0].0.clone()
    }

    /// Waits until the account has so many entries; answers with the last.
    pub async fn entry(&self, account: &str, seq: u64) -> Value {
        eventually(async || {
            let entries = self.0.entries(account).await;
            entries.first().filter(|entry| entry["seq"].as_u64() >= Some(seq)).cloned()
        })
        .await
    }
}

/// What shows sooner or later.
async fn eventually<T>(look: impl AsyncFn() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(begun.elapsed() < PATIENCE, "it did not come in {PATIENCE:?}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// A line of a bill, as an event has it.
pub fn line(account: &str, list_amount: &str, source_id: &str) -> Value {
    company::with(&usage(list_amount, source_id), &json!({ "account_id": account }))
}
