//! Accounts that come, stand and go.

use serde_json::json;
use tests::company;

use super::Wisher;
use crate::operation::{Effect, Wish};
use tests::in_process::gateway::Asked;

impl Wisher {
    /// A suspension, or mostly the end of one.
    pub(super) fn standing(&mut self) -> Wish {
        let (child, parent) = self.child();
        let is_end = self.random.u8(0..3) > 0;
        let wish = self.post(&child, "suspension", json!({ "reason": "overdue" }), &parent, "admin");
        let Wish::Ask(asked, _) = wish else { return wish };
        let asked = match is_end {
            true => Asked { method: "DELETE", body: None, key: None, ..asked },
            false => Asked { key: None, ..asked },
        };
        Wish::Ask(asked, Effect::Other)
    }

    pub(super) fn apply(&mut self) -> Wish {
        let resellers: Vec<String> = self
            .prepared
            .accounts
            .iter()
            .filter(|account| self.depth(account.parent) == 2)
            .map(|a| a.id.clone())
            .collect();
        let parent = self.random.choice(&resellers).expect("a reseller").clone();
        // A company that somebody else may apply for, too.
        let body = company::numbered(1_000 + self.random.u32(0..6));
        match self.post(&parent, "applications", body, &parent, "sales") {
            Wish::Ask(asked, _) => Wish::Ask(asked, Effect::Application),
            other => other,
        }
    }

    pub(super) fn depth(&self, parent: Option<usize>) -> usize {
        parent.map_or(0, |parent| 1 + self.depth(self.prepared.accounts[parent].parent))
    }

    pub(super) fn decide(&mut self) -> Wish {
        let Some((parent, application)) = self.random.choice(&self.known.applications).cloned() else {
            return self.apply();
        };
        let body = match self.random.u8(0..4) {
            0 => json!({ "decision": "reject", "reason": "no" }),
            _ => json!({ "decision": "approve" }),
        };
        let root = self.prepared.root().to_owned();
        let wish = self.post(&parent, &format!("applications/{application}/decisions"), body, &root, "verifier");
        let Wish::Ask(asked, _) = wish else { return wish };
        Wish::Ask(Asked { key: None, ..asked }, Effect::Other)
    }

    pub(super) fn closure(&mut self) -> Wish {
        let (child, parent) = self.random.choice(&self.known.opened).cloned().unwrap_or_else(|| self.child());
        self.post(&child, "closure", json!({ "reason": "left" }), &parent, "admin")
    }
}
