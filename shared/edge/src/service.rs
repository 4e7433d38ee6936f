//! What a function is made of: its routes, its handlers, their answers.

use std::future::Future;

use domain::account::{Lineage, Node};
use domain::{Failure, Origin, Posted, PostingId, Viewer};
use serde::Serialize;

use crate::body::Form;
use crate::operation::Operation;
use crate::problem::Problem;
use crate::request::Authorised;

/// Knows where accounts stand; needed to decide rights.
pub trait Tree {
    /// How looking up can fail.
    type Failure: Failure;

    /// Where something stands, if that is remembered.
    fn remembered(&self, node: Node) -> Option<Lineage>;

    /// Where something stands, by asking the store whatever is remembered; `None` when there is no such thing.
    fn find(&self, node: Node) -> impl Future<Output = Result<Option<Lineage>, Self::Failure>> + Send;
}

/// What the path of a route names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// `{id}`: an account.
    Account,
    /// `{program_id}`: a program, for which its provider account stands.
    Program,
    /// Nothing.
    Nothing,
}

/// A route of a function.
#[derive(Clone, Copy, Debug)]
pub struct Route<A> {
    /// As the gateway names it: method, space, path template.
    pub(crate) key: &'static str,
    /// What the caller has to be allowed to do.
    pub(crate) operation: Operation,
    /// What it is done to.
    pub(crate) about: About,
    /// The query parameters that the route knows.
    pub(crate) query: &'static [&'static str],
    /// In which form it takes its body.
    pub(crate) form: Form,
    /// What the function does.
    pub(crate) action: A,
}

/// A text that is the same for everybody. No handler is asked for it, so nobody needs a token.
#[derive(Clone, Copy, Debug)]
pub struct Document {
    /// As the gateway names its route.
    pub(crate) key: &'static str,
    content_type: &'static str,
    text: &'static str,
}

impl Document {
    /// The text of a route whose gateway lets everybody in.
    #[must_use]
    pub const fn new(key: &'static str, content_type: &'static str, text: &'static str) -> Document {
        Document { key, content_type, text }
    }
}

/// The query of a ledger POST.
pub const PREVIEW: &[&str] = &["preview"];

/// The query of a list without filters.
pub const PAGING: &[&str] = &["limit", "cursor"];

impl<A> Route<A> {
    /// A route about the account `{id}`.
    #[must_use]
    pub const fn account(
        key: &'static str,
        operation: Operation,
        query: &'static [&'static str],
        action: A,
    ) -> Route<A> {
        Route { key, operation, about: About::Account, query, form: Form::Json, action }
    }

    /// A route about the program `{program_id}`.
    #[must_use]
    pub const fn program(
        key: &'static str,
        operation: Operation,
        query: &'static [&'static str],
        action: A,
    ) -> Route<A> {
        Route { key, operation, about: About::Program, query, form: Form::Json, action }
    }

    /// A route about nothing that is there already.
    #[must_use]
    pub const fn bare(key: &'static str, operation: Operation, action: A) -> Route<A> {
        Route { key, operation, about: About::Nothing, query: &[], form: Form::Json, action }
    }

    /// The same route, taking a table of comma-separated values for its body.
    #[must_use]
    pub const fn of_csv(self) -> Route<A>
    where
        A: Copy,
    {
        Route { form: Form::Csv, ..self }
    }
}

/// A function's handlers.
pub trait Service: Tree + Send + Sync {
    /// What the function can do; one action a route.
    type Action: Copy + Send + Sync + 'static;

    /// The function's name in the log.
    const NAME: &'static str;

    /// All routes.
    const ROUTES: &'static [Route<Self::Action>];

    /// Whether long answers are compressed for callers who take that. Not where no answer is long.
    const COMPRESSES: bool = false;

    /// What it gives to everybody.
    const DOCUMENTS: &'static [Document] = &[];

    /// Looks whether what the path names below the account exists and whether this caller may act on it.
    ///
    /// Asked only when a request turns out to have a fault, because absence and rights come before any fault. Without a
    /// fault the thing is read together with everything else.
    fn subject(
        &self,
        _action: Self::Action,
        _request: &Authorised,
    ) -> impl Future<Output = Result<(), Problem>> + Send {
        async { Ok(()) }
    }

    /// Carries out an action for a caller who may.
    fn handle(&self, action: Self::Action, request: &Authorised)
    -> impl Future<Output = Result<Reply, Problem>> + Send;
}

/// An answer that is a success.
#[derive(Debug)]
pub struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The posting that it tells of, for the log.
    pub(crate) posting: Option<PostingId>,
}

impl Reply {
    /// 200 with a body.
    ///
    /// # Errors
    /// 500 when the body cannot be written as JSON.
    pub fn ok(body: &impl Serialize) -> Result<Reply, Problem> {
        Reply::with(200, body)
    }

    /// 201 with a body.
    ///
    /// # Errors
    /// 500 when the body cannot be written as JSON.
    pub fn created(body: &impl Serialize) -> Result<Reply, Problem> {
        Reply::with(201, body)
    }

    /// 204: done, and nothing to say.
    #[must_use]
    pub fn no_content() -> Reply {
        Reply { status: 204, ..Reply::of_json(String::new()) }
    }

    /// The answer of a ledger POST: 200 for a preview, else 201, marked when it was given before.
    ///
    /// # Errors
    /// 500 when the body cannot be written as JSON.
    pub fn posted(posted: &Posted, viewer: &Viewer) -> Result<Reply, Problem> {
        let status = if posted.origin == Origin::Previewed { 200 } else { 201 };
        let mut reply = Reply::with(status, &crate::view::posted(posted, viewer))?;
        reply.posting = (posted.origin != Origin::Previewed).then_some(posted.posting_id);
        Ok(reply.replayed(posted.origin == Origin::Replayed))
    }

    /// 200 with a part of a statement as comma-separated values; `next_page` is the path of the next part.
    #[must_use]
    pub fn csv(text: String, file_name: &str, next_page: Option<String>) -> Reply {
        let mut headers = vec![("content-disposition", format!("attachment; filename=\"{file_name}\""))];
        headers.extend(next_page.map(|path| ("link", format!("<{path}>; rel=\"next\""))));
        Reply { content_type: "text/csv; charset=utf-8", headers, ..Reply::of_json(text) }
    }

    /// Names the state that the answer shows; a caller who has seen that state already is told so instead. Whoever keeps the
    /// answer has to ask each time whether it still holds.
    #[must_use]
    pub fn tagged(mut self, state: u64, request: &Authorised) -> Reply {
        if request.has_seen(state) {
            self.status = 304;
            self.body.clear();
        }
        self.headers.extend([("etag", format!("\"{state}\"")), ("cache-control", "private, no-cache".to_owned())]);
        self
    }

    /// 200 with a text for everybody.
    pub(crate) fn document(document: &Document) -> Reply {
        let Document { content_type, text, .. } = *document;
        let headers = vec![("cache-control", "public, max-age=300".to_owned())];
        Reply { content_type, headers, ..Reply::of_json(text.to_owned()) }
    }

    /// Marks it as the answer that was given before.
    #[must_use]
    pub fn replayed(mut self, is_replayed: bool) -> Reply {
        self.headers.extend(is_replayed.then(|| ("idempotent-replayed", "true".to_owned())));
        self
    }

    fn with(status: u16, body: &impl Serialize) -> Result<Reply, Problem> {
        let body = serde_json::to_string(body).map_err(Problem::internal)?;
        Ok(Reply { status, ..Reply::of_json(body) })
    }

    /// 200 with a body that is JSON already, or with what comes in its place.
    fn of_json(body: String) -> Reply {
        Reply { status: 200, body, content_type: "application/json", headers: Vec::new(), posting: None }
    }
}
