//! The functions of the stack: their processes, and the Runtime API by which they get events.

mod event;
#[cfg(test)]
pub(crate) mod fixture;
mod pool;
mod process;
pub(crate) mod runtime_api;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use event::{Event, random_uuid};
#[cfg(test)]
pub(crate) use pool::Invocation;
pub(crate) use pool::{InvokeError, Pool};
pub(crate) use process::{Log, Program, Spawner, spawnery};

use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::error::StartError;

/// How long a function may take from its start to asking for its first event. Generous: the machine may be building.
const START_LIMIT: Duration = Duration::from_secs(30);

/// All functions, by name.
#[derive(Clone, Default)]
pub(crate) struct Functions {
    pools: Arc<BTreeMap<String, Arc<Pool>>>,
}

impl Functions {
    pub(crate) fn new(pools: impl IntoIterator<Item = Arc<Pool>>) -> Functions {
        let pools = pools.into_iter().map(|pool| (pool.name().to_owned(), pool)).collect();
        Functions { pools: Arc::new(pools) }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Pool>> {
        self.pools.get(name)
    }

    /// Starts one instance of each and waits until all have asked for an event, or the first has failed to.
    pub(crate) async fn start(&self) -> Result<(), StartError> {
        let mut starts = JoinSet::new();
        for pool in self.pools.values() {
            starts.spawn(start(Arc::clone(pool)));
        }
        while let Some(started) = starts.join_next().await {
            started.map_err(|_| StartError::Ended)??;
        }
        Ok(())
    }

    /// Ends every process of every function.
    pub(crate) async fn stop(&self) {
        for pool in self.pools.values() {
            pool.close().await;
        }
    }
}

async fn start(pool: Arc<Pool>) -> Result<(), StartError> {
    let function = pool.name().to_owned();
    let mut started = pool.launch();
    match timeout(START_LIMIT, &mut started).await {
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Ok(Err(ended))) => {
            Err(StartError::FunctionEnded { function, status: ended.status, details: ended.last_lines })
        }
        Ok(Err(_)) => Err(StartError::Ended),
        Err(_) => {
            // Ending it brings out what it has written so far.
            pool.close().await;
            let details = match started.await {
                Ok(Err(ended)) => ended.last_lines,
                Ok(Ok(())) | Err(_) => Vec::new(),
            };
            Err(StartError::FunctionSilent { function, limit: START_LIMIT, details })
        }
    }
}
