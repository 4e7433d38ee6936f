//! Reading items by key: always the present state, never a stale copy.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use domain::account::{Lineage, Node};
use domain::program::Program;
use domain::{Account, AccountId, Profile, ProgramId, Record};

use crate::account_item::{read_position, read_profile};
use crate::client::{Ledger, failed};
use crate::error::{Corrupt, Error};
use crate::item::Item;
use crate::keys::{self, Key, PARTITION_KEY, SORT_KEY};
use crate::record::RecordKey;

/// The most keys that the store takes in one batch.
const BATCH_KEYS: usize = 100;

/// How often a batch is asked again for what the store left out.
const BATCH_ATTEMPTS: u32 = 6;

/// Items by their key.
pub(crate) struct Items(HashMap<Key, Item>);

impl Items {
    pub fn get(&self, key: &Key) -> Option<&Item> {
        self.0.get(key)
    }
}

impl Ledger {
    /// Where an account stands, remembered after the first time; `None` when there is no such account.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn lineage(&self, id: AccountId) -> Result<Option<Lineage>, Error> {
        if let Some(lineage) = self.remembered(id) {
            return Ok(Some(lineage));
        }
        Ok(self.account(id).await?.map(|account| account.lineage))
    }

    /// Where an account or a program's provider stands, if it was met before.
    #[must_use]
    pub fn remembered_node(&self, node: Node) -> Option<Lineage> {
        match node {
            Node::Account(id) => self.remembered(id),
            Node::Program(id) => self.remembered_program(id).map(|program| program.root()),
        }
    }

    /// Where an account or a program's provider stands, by one read in any case; `None` when there is no such thing.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn find_node(&self, node: Node) -> Result<Option<Lineage>, Error> {
        match node {
            Node::Account(id) => Ok(self.account(id).await?.map(|account| account.lineage)),
            Node::Program(id) => Ok(self.read_program(id).await?.map(|program| program.root())),
        }
    }

    /// Where several accounts stand, in few round trips; those that do not exist are left out.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn lineages(&self, ids: &[AccountId]) -> Result<HashMap<AccountId, Lineage>, Error> {
        let (mut known, mut unknown) = (HashMap::with_capacity(ids.len()), Vec::new());
        for id in ids {
            match self.remembered(*id) {
                Some(lineage) => drop(known.insert(*id, lineage)),
                None => unknown.push(keys::position(*id)),
            }
        }
        for item in self.batch(&unknown).await?.0.values() {
            let lineage = read_position(item)?.lineage;
            self.remember(&lineage);
            known.insert(lineage.id, lineage);
        }
        Ok(known)
    }

    /// An account with its position, as of now.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, Error> {
        let Some(item) = self.get(&keys::position(id)).await? else { return Ok(None) };
        let account = read_position(&item)?;
        self.remember(&account.lineage);
        Ok(Some(account))
    }

    /// A program, remembered after the first time.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn program(&self, id: ProgramId) -> Result<Option<Program>, Error> {
        match self.remembered_program(id) {
            Some(program) => Ok(Some(program)),
            None => self.read_program(id).await,
        }
    }

    async fn read_program(&self, id: ProgramId) -> Result<Option<Program>, Error> {
        let Some(item) = self.get(&keys::program(id)).await? else { return Ok(None) };
        let program = crate::program_item::read_program(&item)?;
        self.remember_program(&program);
        Ok(Some(program))
    }

    /// An account with its ancestors, the parent first: what a price depends on.
    ///
    /// # Errors
    /// When the store does not answer, or an account of the line is missing.
    pub async fn account_line(&self, lineage: &Lineage) -> Result<(Account, Vec<Account>), Error> {
        let ids: Vec<AccountId> = std::iter::once(lineage.id).chain(lineage.ancestors.iter().copied()).collect();
        let mut accounts = self.accounts(&ids).await?.into_iter();
        let account = accounts.next().ok_or(Corrupt { attribute: "account_id", problem: "names no account" })?;
        Ok((account, accounts.collect()))
    }

    /// An account's profile; every account has one.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn profile(&self, id: AccountId) -> Result<Option<Profile>, Error> {
        match self.get(&keys::profile(id)).await? {
            Some(item) => Ok(Some(read_profile(&item)?)),
            None => Ok(None),
        }
    }

    /// Accounts with their profiles, in the order of `ids`; those that do not exist are left out.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn profiled_accounts(&self, ids: &[AccountId]) -> Result<Vec<(Account, Profile)>, Error> {
        let keys: Vec<Key> = ids.iter().flat_map(|id| [keys::position(*id), keys::profile(*id)]).collect();
        let items = self.batch(&keys).await?;
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            if let (Some(position), Some(profile)) = (items.get(&keys::position(*id)), items.get(&keys::profile(*id))) {
                let account = read_position(position)?;
                self.remember(&account.lineage);
                found.push((account, read_profile(profile)?));
            }
        }
        Ok(found)
    }

    /// A record of an account.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn record(&self, account: AccountId, record: &RecordKey) -> Result<Option<Record>, Error> {
        match self.get(&record.key(account)).await? {
            Some(item) => Ok(Some(record.read(&item)?)),
            None => Ok(None),
        }
    }

    /// The accounts with these ids, in that order, all of which have to exist.
    pub(crate) async fn accounts(&self, ids: &[AccountId]) -> Result<Vec<Account>, Error> {
        let keys: Vec<Key> = ids.iter().map(|id| keys::position(*id)).collect();
        let items = self.batch(&keys).await?;
        keys.iter().map(|key| self.account_in(&items, key)).collect()
    }

    /// The account at `key` among items that were read together.
    pub(crate) fn account_in(&self, items: &Items, key: &Key) -> Result<Account, Error> {
        let item = items.get(key).ok_or(Corrupt { attribute: "account_id", problem: "names no account" })?;
        let account = read_position(item)?;
        self.remember(&account.lineage);
        Ok(account)
    }

    pub(crate) async fn get(&self, key: &Key) -> Result<Option<Item>, Error> {
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key.attributes()));
        Ok(request.consistent_read(true).send().await.map_err(failed)?.item)
    }

    /// Reads up to a hundred items in one round trip, more in several.
    pub(crate) async fn batch(&self, keys: &[Key]) -> Result<Items, Error> {
        let mut found = HashMap::with_capacity(keys.len());
        // The store refuses a batch that names a key twice.
        let distinct: Vec<&Key> = keys.iter().collect::<HashSet<_>>().into_iter().collect();
        for chunk in distinct.chunks(BATCH_KEYS) {
            self.batch_chunk(chunk, &mut found).await?;
        }
        Ok(Items(found))
    }

    async fn batch_chunk(&self, chunk: &[&Key], found: &mut HashMap<Key, Item>) -> Result<(), Error> {
        let attributes = chunk.iter().map(|key| key.attributes()).collect();
        let mut wanted = KeysAndAttributes::builder()
            .set_keys(Some(attributes))
            .consistent_read(true)
            .build()
            .map_err(|error| Error::Rejected(Box::new(error)))?;
        for attempt in 0..BATCH_ATTEMPTS {
            let request = self.client.batch_get_item().request_items(&self.table, wanted);
            let mut output = request.send().await.map_err(failed)?;
            let items = output.responses.take().and_then(|mut tables| tables.remove(&self.table)).unwrap_or_default();
            for item in items {
                if let Some(key) = key_of(&item) {
                    found.insert(key, item);
                }
            }
            match output.unprocessed_keys.take().and_then(|mut tables| tables.remove(&self.table)) {
                None => return Ok(()),
                Some(rest) => wanted = rest,
            }
            tokio::time::sleep(Duration::from_millis(crate::transaction::jitter_ms(attempt))).await;
        }
        Err(Error::Unavailable("the store left out keys of a batch".into()))
    }
}

fn key_of(item: &Item) -> Option<Key> {
    let text = |name: &str| match item.get(name) {
        Some(AttributeValue::S(text)) => Some(text.clone()),
        _ => None,
    };
    Some(Key { partition: text(PARTITION_KEY)?, sort: text(SORT_KEY)? })
}
