//! What clients of a world may want, and what they know.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::number::number;
use tests::in_process::gateway::Asked;

/// What is known of the effect that a request has when it is accepted.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A posting under the key of the request.
    Posting,
    /// A posting under the account and the line's own name.
    Charge { account: String, source: String },
    /// An application under the key of the request.
    Application,
    /// None: the answer is a position.
    Position { account: String },
    /// Something else, without a key.
    Other,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// By request.
    Ask(Asked, Effect),
    /// By an event from outside: its source, its type and its detail.
    Tell(&'static str, &'static str, Value),
    /// Something again that was accepted before, by its place among what was accepted.
    Again(usize),
}

/// What a client was told.
#[derive(Default)]
pub struct Known {
    pub purchases: Vec<(String, String)>,
    pub holds: Vec<(String, String)>,
    pub settlements: Vec<(String, String)>,
    pub applications: Vec<(String, String)>,
    /// Accounts that came into being, with their parents.
    pub opened: Vec<(String, String)>,
    pub used: BTreeMap<String, i128>,
    /// Bodies of charges that were sent, in whichever way.
    pub lines: Vec<(String, Value)>,
    pub payments: Vec<(String, Value)>,
}

impl Effect {
    /// Whether the same request has the same effect once, however often it is sent.
    pub fn is_once(&self) -> bool {
        matches!(self, Effect::Posting | Effect::Charge { .. } | Effect::Application)
    }
}

impl Known {
    /// Learns from an answer.
    pub fn learn(&mut self, asked: &Asked, body: &Value) {
        let account = asked.path.split('/').nth(3).unwrap_or_default().to_owned();
        let note = |name: &str, list: &mut Vec<(String, String)>| {
            if let Some(id) = body[name].as_str()
                && !list.iter().any(|(_, known)| known == id)
            {
                list.push((account.clone(), id.to_owned()));
            }
        };
        note("purchase_id", &mut self.purchases);
        note("hold_id", &mut self.holds);
        note("settlement_id", &mut self.settlements);
        if body["status"] == "in_review" {
            note("id", &mut self.applications);
        }
        if let (Some(id), Some(parent)) = (body["account_id"].as_str(), body["parent_id"].as_str()) {
            self.opened.push((id.to_owned(), parent.to_owned()));
        }
        for effect in body["effects"].as_array().into_iter().flatten() {
            let (id, after) = (effect["account_id"].as_str(), effect["after"]["used"].as_str());
            if let (Some(id), Some(used)) = (id, after) {
                self.used.insert(id.to_owned(), number(used));
            }
        }
    }
}
