//! The demo program: what a newcomer finds on a fresh stack.
//!
//! It is made through the public API alone, as portals would, with the same data and the same idempotency keys every
//! time. So a load that was cut short is finished by loading again.

mod client;
mod companies;
mod load;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use client::Client;
pub use client::DemoError;

use crate::Stack;

/// The file in the stack's folder that says what has been loaded.
const RECORD: &str = "demo.json";

/// A loaded demo program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demo {
    program_id: String,
    /// Account ids by the company's slug; the provider's is [`load::PROVIDER`].
    accounts: BTreeMap<String, String>,
}

/// Somebody in the demo whom a newcomer can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Persona {
    /// What they are: "Reseller admin".
    pub title: String,
    /// The company that they are of, where it has a name of its own.
    pub company: Option<&'static str>,
    /// The token's `sub`.
    pub sub: String,
    /// The token's `email`.
    pub email: String,
    /// The token's `memberships`.
    pub memberships: String,
    /// The account that they act for, if any.
    pub account_id: Option<String>,
}

/// Loads the demo program, or finds the one that was loaded into this stack's folder before.
///
/// # Errors
///
/// When the stack answers otherwise than the demo expects. Loading again goes on where it ended.
pub async fn load(stack: &Stack) -> Result<Demo, DemoError> {
    let client = Client::new(stack.url(), stack.issuer());
    let path = stack.folder().join(RECORD);
    if let Some(demo) = recorded(&path)
        && load::exists(&client, &demo.program_id).await?
    {
        return Ok(demo);
    }
    let demo = load::all(&client).await?;
    record(&path, &demo)?;
    Ok(demo)
}

/// A record that cannot be read is as good as none: loading is idempotent.
fn recorded(path: &Path) -> Option<Demo> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn record(path: &Path, demo: &Demo) -> Result<(), DemoError> {
    let failed = |source| DemoError::Record { path: path.display().to_string(), source };
    let text = serde_json::to_vec_pretty(demo).map_err(|error| failed(error.into()))?;
    fs::write(path, text).map_err(failed)
}

/// The operator of the deployment, who exists with and without a demo.
pub fn operator() -> Persona {
    Persona {
        title: "Operator".to_owned(),
        company: None,
        sub: load::OPERATOR_SUB.to_owned(),
        email: "operator@partner-quota.example".to_owned(),
        memberships: "platform:operator".to_owned(),
        account_id: None,
    }
}

impl Demo {
    /// The program's id.
    pub fn program_id(&self) -> &str {
        &self.program_id
    }

    /// How many accounts there are.
    pub fn accounts(&self) -> usize {
        self.accounts.len()
    }

    /// One person of each role, the operator first.
    pub fn personas(&self) -> Vec<Persona> {
        let mut personas = vec![operator()];
        personas.extend(load::cast().into_iter().filter_map(|part| {
            let account_id = self.accounts.get(part.slug)?;
            Some(Persona {
                title: format!("{} {}", part.tier, part.role),
                company: part.company,
                sub: load::sub(part.slug, part.role),
                email: load::email(part.slug, part.role),
                memberships: format!("{account_id}:{}", part.role),
                account_id: Some(account_id.clone()),
            })
        }));
        personas
    }
}
