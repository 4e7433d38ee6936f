//! Creating a program together with its provider account and the provider's first entry.

use domain::program::Program;
use domain::{Account, IdempotencyKey, Occasion, Plan, Profile, Refusal};

use crate::account_item::profile;
use crate::client::Ledger;
use crate::error::{Corrupt, Error};
use crate::idempotency::{Effected, read_record, record};
use crate::keys;
use crate::members::first_admin;
use crate::posting::{Words, account_after, entry_of};
use crate::replay::Replayed;
use crate::transaction::{Attempts, Write};

/// A program that is to be created.
pub struct NewProgram {
    /// The program.
    pub program: Program,
    /// Its provider account, before its capacity was posted.
    pub provider: Account,
    /// The plan of the posting that gives the provider its capacity.
    pub capacity: Plan,
    /// Who creates it, when, and the id of that posting.
    pub occasion: Occasion,
    /// The address of the provider's first admin, where one was named.
    pub admin: Option<String>,
    /// The caller's idempotency key, where it sent one.
    pub key: Option<IdempotencyKey>,
}

impl Ledger {
    /// Creates a program with its provider account; or returns the one that the key created before.
    ///
    /// # Errors
    /// When the key belongs to another request, or the store does not answer.
    pub async fn create_program(&self, new: &NewProgram) -> Result<Replayed<Program>, Error> {
        if let Some(program) = self.program_of_key(new.key.as_ref()).await? {
            return Ok(Replayed::Again(program));
        }
        let mut attempts = Attempts::new();
        loop {
            if self.transact(writes(new)?).await?.is_ok() {
                return Ok(Replayed::First(new.program.clone()));
            }
            if let Some(program) = self.program_of_key(new.key.as_ref()).await? {
                return Ok(Replayed::Again(program));
            }
            attempts.pause().await?;
        }
    }

    async fn program_of_key(&self, key: Option<&IdempotencyKey>) -> Result<Option<Program>, Error> {
        let Some(key) = key else { return Ok(None) };
        let Some(item) = self.get(&keys::idempotency(&key.record)).await? else { return Ok(None) };
        match read_record(&item, key)? {
            Effected::Program(id) => {
                let missing = Corrupt { attribute: "program_id", problem: "names no program" };
                Ok(Some(self.program(id).await?.ok_or(missing)?))
            }
            Effected::Posting(_) | Effected::Application(..) => Err(Refusal::KeyReused.into()),
        }
    }
}

fn writes(new: &NewProgram) -> Result<Vec<Write>, Error> {
    let provider = &new.provider;
    let leg = new.capacity.legs.first().ok_or(Corrupt { attribute: "entries", problem: "are none" })?;
    let entry = entry_of(&new.occasion, &Words::default(), provider, new.capacity.kind, leg);
    let profile_of_provider =
        Profile { account_id: provider.id(), legal_name: new.program.name.clone(), company: None, version: 1 };
    let record = new.key.as_ref().map(|key| record(key, &Effected::Program(new.program.id), new.occasion.now));
    let created = [
        crate::program_item::program(&new.program),
        crate::account_item::position(&account_after(provider, &entry)),
        profile(&profile_of_provider),
        crate::entry_item::entry(&entry, &provider.lineage),
    ];
    let admin = new.admin.iter().flat_map(|email| {
        first_admin(&provider.lineage, &profile_of_provider, email, new.occasion.by.clone(), new.occasion.now)
    });
    Ok(record.into_iter().chain(created).map(Write::create).chain(admin).collect())
}
