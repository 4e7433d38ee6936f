//! Hearing which alerts a posting raises.

use reqwest::Method;
use serde_json::Value;
use tests::program::text;
use tests::{Answer, Program};

/// What alerts are called on the bus.
const ALERTS: [&str; 4] = ["QuotaThresholdCrossed", "QuotaDepleted", "QuotaOverdrawn", "QuotaReplenished"];

/// Prices at which an order costs what it lists.
pub fn at_list_price() -> Value {
    serde_json::json!({ "discounts": { "distributor": "0", "reseller": "0", "customer": "0" } })
}

/// Listens to the alerts of an account below the provider.
pub struct Listener<'a> {
    program: &'a Program,
    account: &'a str,
    heard: usize,
}

impl<'a> Listener<'a> {
    /// From now on.
    pub async fn new(program: &'a Program, account: &'a str) -> Listener<'a> {
        let mut listener = Listener { program, account, heard: 0 };
        listener.events().await;
        listener
    }

    /// The alerts since this was last asked, in their order; whatever was posted before has been told by then.
    pub async fn events(&mut self) -> Vec<Value> {
        let mut alerts = alerts(self.program.all_events_of(self.account).await);
        let news = alerts.split_off(self.heard);
        self.heard += news.len();
        news
    }

    /// Checks the alerts since this was last asked, written as [`in_words`] does.
    #[track_caller]
    pub fn hears(&mut self, expected: &[&str]) -> impl Future<Output = Vec<Value>> {
        let at = std::panic::Location::caller();
        async move {
            let news = self.events().await;
            let words: Vec<String> = news.iter().map(in_words).collect();
            assert_eq!(words, expected, "at {at}: {news:#?}");
            news
        }
    }
}

/// Those of some events that are alerts.
pub fn alerts(mut events: Vec<Value>) -> Vec<Value> {
    events.retain(|event| ALERTS.iter().any(|alert| event["detail-type"] == **alert));
    events
}

/// An alert in words: whether it is to be mailed, its type, and which threshold at which level.
pub fn in_words(alert: &Value) -> String {
    let data = &alert["detail"]["data"];
    let told = if data["notify"].as_bool().unwrap() { "mailed" } else { "silent" };
    let crossed = match data["threshold"].as_object().and_then(|threshold| threshold.iter().next()) {
        Some((name, value)) => format!(" {name} {} = {}", value.as_str().unwrap(), text(data, "level")),
        None => String::new(),
    };
    format!("{told} {}{crossed}", text(alert, "detail-type"))
}

/// Sets an account's alert policy as its admin does.
pub async fn set_policy(program: &Program, account: &str, policy: &Value) -> Answer {
    let path = format!("/v1/accounts/{account}/alert-policy");
    program.member(account, "admin").call(Method::PUT, path).json(policy).await
}
