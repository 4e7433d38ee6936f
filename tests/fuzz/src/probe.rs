//! A service that does nothing but read what every handler can read of a request, and tell what it read.

use std::convert::Infallible;
use std::sync::Mutex;

use domain::account::{Lineage, Node, Tier};
use domain::program::Purchases;
use domain::{Currency, Failure, IdempotencyKey, Mode, ProgramId, Refusal, Timestamp};
use edge::{Authorised, Operation, Problem, Reply, Route, Service, Tree, next_cursor};
use serde_json::json;

/// What was read of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Whether it is a preview.
    pub is_preview: bool,
    /// What `If-Match` names.
    pub expected_seq: Option<u64>,
    /// What `Idempotency-Key` is remembered as.
    pub key: Option<IdempotencyKey>,
    /// The size of a page.
    pub limit: usize,
    /// Where the page begins.
    pub after: Option<String>,
    /// A filter.
    pub filter: Option<String>,
    /// The cursor of the page after `place`, and the path that leads there.
    pub next: Option<(String, String)>,
}

/// The service; it is asked for the page after `place`.
#[derive(Debug, Default)]
pub struct Probe {
    /// A place in a list.
    pub place: Mutex<String>,
    /// What was read of the last request that could be read.
    pub read: Mutex<Option<Read>>,
}

/// Never: there is nothing that could fail.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Never(#[from] Infallible);

impl Failure for Never {
    fn refusal(&self) -> Option<&Refusal> {
        None
    }

    fn is_retryable(&self) -> bool {
        false
    }
}

impl Tree for &'static Probe {
    type Failure = Never;

    fn remembered(&self, node: Node) -> Option<Lineage> {
        let Node::Account(id) = node else { return None };
        Some(Lineage {
            id,
            program_id: ProgramId::new(Timestamp::EPOCH, 1),
            tier: Tier::Provider,
            ancestors: Vec::new(),
            currency: Currency::parse("USD").expect("a currency"),
            purchases: Purchases::Partners,
        })
    }

    async fn find(&self, node: Node) -> Result<Option<Lineage>, Never> {
        Ok(self.remembered(node))
    }
}

/// The route.
pub const KEY: &str = "POST /v1/accounts/{id}/probes";

impl Service for &'static Probe {
    type Action = ();

    const NAME: &'static str = "probe";

    const ROUTES: &'static [Route<()>] =
        &[Route::account(KEY, Operation::Rebalance, &["preview", "limit", "cursor", "filter"], ())];

    async fn handle(&self, (): (), request: &Authorised) -> Result<Reply, Problem> {
        let commit = request.commit()?;
        let paging = request.paging(|_| true)?;
        let cursor = next_cursor(&paging, Some(&self.place.lock().expect("no panic"))).expect("a cursor");
        let (is_preview, key) = match commit.mode {
            Mode::Preview => (true, None),
            Mode::Commit(key) => (false, Some(key)),
        };
        let next = request.next_page(&cursor);
        *self.read.lock().expect("no panic") = Some(Read {
            is_preview,
            expected_seq: commit.expected_seq,
            key,
            limit: paging.limit,
            after: paging.after,
            filter: request.query("filter").map(str::to_owned),
            next: Some((cursor, next)),
        });
        let _ = (request.accepts("text/csv"), request.has_seen(1));
        Reply::ok(&json!({}))
    }
}
