//! The way of every request: identity, place, rights, form, handler, answer, one line in the log.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use domain::account::{Lineage, Node};
use domain::{AccountId, Currency, ProgramId, Timestamp};
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::aws_lambda_events::query_map::QueryMap;
use lambda_http::http::response::Builder;
use lambda_http::request::RequestContext;
use lambda_http::{Body, LambdaEvent, Request, RequestExt, Response, lambda_runtime, service_fn};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::access::{Acting, granted, is_member, sees};
use crate::body::Form;
use crate::compress;
use crate::gateway;
use crate::identity::Identity;
use crate::operation::Operation;
use crate::problem::Problem;
use crate::request::{Authorised, Call};
use crate::service::{About, Reply, Route, Service};

/// Why a function did not start.
pub type StartError = Box<dyn Error + Send + Sync>;

/// Starts the log, makes the service and serves requests until the environment ends.
///
/// # Errors
/// When the service cannot be made or the runtime gives up.
pub fn run<S: Service>(make: impl AsyncFnOnce() -> Result<S, StartError>) -> Result<(), StartError> {
    run_events(async || {
        let handler = Handler::new(make().await?);
        let handler = &handler;
        let respond = async move |event: LambdaEvent<ApiGatewayV2httpRequest>| {
            let request = gateway::request(event.payload, event.context);
            handler.respond(request).await.map(gateway::answer)
        };
        lambda_runtime::run(service_fn(respond)).await
    })
}

/// A service with what an environment remembers from one request to the next.
pub struct Handler<S> {
    service: S,
    is_cold: AtomicBool,
}

impl<S: Service> Handler<S> {
    /// Of a new environment.
    #[must_use]
    pub fn new(service: S) -> Handler<S> {
        Handler { service, is_cold: AtomicBool::new(true) }
    }

    /// Answers one request of the HTTP API, as the gateway hands it over; writes one line into the log.
    ///
    /// # Errors
    /// When a response cannot be put together.
    pub async fn respond(&self, request: Request) -> Result<Response<Body>, StartError> {
        let started = Instant::now();
        let takes_gzip = S::COMPRESSES && compress::is_taken(request.headers());
        let context = request.lambda_context_ref();
        let function_request_id = context.map(|context| context.request_id.clone()).unwrap_or_default();
        let outcome = answer(&self.service, request).await;
        let status = match &outcome.answer {
            Ok(reply) => reply.status,
            Err(problem) => problem.status,
        };
        let line = Line {
            service: S::NAME,
            function_request_id: &function_request_id,
            outcome: &outcome,
            status,
            duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            is_cold: self.is_cold.swap(false, Ordering::Relaxed),
        };
        line.write();
        let response = response(outcome)?;
        Ok(if takes_gzip { compress::compressed(response)? } else { response.map(Body::from) })
    }
}

/// Starts the log and runs a function that takes events instead of requests.
///
/// # Errors
/// Those of `serve`.
pub fn run_events(serve: impl AsyncFnOnce() -> Result<(), StartError>) -> Result<(), StartError> {
    start_log();
    // An environment serves one request at a time: one thread is enough.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve())
}

/// JSON lines; the time is the log service's. No line shows the spans that it was written in, so none are kept: Lambda's
/// runtime enters one at every step of a request.
fn start_log() {
    let level = std::env::var("LOG_LEVEL").ok().and_then(|level| level.parse().ok());
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .without_time()
        .with_max_level(level.unwrap_or(tracing::Level::INFO))
        .finish()
        .with(filter_fn(|metadata| metadata.is_event()))
        .init();
}

/// What the log line of a request needs to know.
struct Outcome {
    request_id: String,
    route: String,
    account: Option<AccountId>,
    currency: Option<Currency>,
    answer: Result<Reply, Problem>,
}

struct Line<'a> {
    service: &'static str,
    function_request_id: &'a str,
    outcome: &'a Outcome,
    status: u16,
    duration_ms: u64,
    is_cold: bool,
}

impl Line<'_> {
    /// Ids only: no body, no token, no address, no name.
    fn write(&self) {
        let Outcome { request_id, route, account, answer, .. } = self.outcome;
        let Line { service, function_request_id, status, duration_ms, is_cold, .. } = self;
        let code = answer.as_ref().err().map(|problem| problem.code).unwrap_or_default();
        let account_id = account.map(tracing::field::display);
        let posting_id = answer.as_ref().ok().and_then(|reply| reply.posting).map(tracing::field::display);
        match answer.as_ref().err().and_then(|problem| problem.source.as_deref()) {
            Some(source) => tracing::error!(
                service,
                request_id,
                function_request_id,
                route,
                account_id,
                status,
                code,
                duration_ms,
                cold_start = is_cold,
                cause = chain(source),
                "request failed"
            ),
            None => tracing::info!(
                service,
                request_id,
                function_request_id,
                route,
                account_id,
                status,
                code,
                posting_id,
                duration_ms,
                cold_start = is_cold,
                "request"
            ),
        }
    }
}

/// An error with everything that it stems from, for the log.
#[must_use]
pub fn chain(source: &(dyn Error + 'static)) -> String {
    let mut text = source.to_string();
    let mut next = source.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

fn response(outcome: Outcome) -> Result<Response<String>, lambda_http::http::Error> {
    // Answers depend on who asks, and money is in them: nothing on the way may keep one.
    let response = Response::builder();
    match outcome.answer {
        Ok(reply) => {
            let has_own = reply.headers.iter().any(|(name, _)| *name == "cache-control");
            let response = if has_own { response } else { response.header("cache-control", "no-store") };
            let response = response.status(reply.status);
            let response = match reply.body.is_empty() {
                true => response,
                false => response.header("content-type", reply.content_type),
            };
            let add = |response: Builder, (name, value): (&str, String)| response.header(name, value);
            reply.headers.into_iter().fold(response, add).body(reply.body)
        }
        Err(problem) => {
            let response = response.header("cache-control", "no-store");
            let response = response.status(problem.status).header("content-type", "application/problem+json");
            let response = match problem.retry_after_seconds {
                Some(seconds) => response.header("retry-after", seconds),
                None => response,
            };
            response.body(problem.body(&outcome.request_id, outcome.currency).to_string())
        }
    }
}

async fn answer<S: Service>(service: &S, mut request: Request) -> Outcome {
    let mut outcome = Outcome {
        request_id: String::new(),
        route: String::new(),
        account: None,
        currency: None,
        answer: Err(Problem::internal("the request did not come from the HTTP API")),
    };
    let Some(RequestContext::ApiGatewayV2(context)) = request.extensions_mut().remove() else { return outcome };
    outcome.request_id = context.request_id.unwrap_or_default();
    outcome.route = context.route_key.unwrap_or_default();
    if let Some(document) = S::DOCUMENTS.iter().find(|document| document.key == outcome.route) {
        outcome.answer = Ok(Reply::document(document));
        return outcome;
    }
    let claims = context.authorizer.and_then(|authorizer| authorizer.jwt).map(|jwt| jwt.claims);
    // Without the gateway's authorizer nobody is known, and nothing is done.
    let Some(identity) = claims.as_ref().and_then(Identity::from_claims) else {
        outcome.answer = Err(Problem::forbidden());
        return outcome;
    };
    let Some(route) = S::ROUTES.iter().find(|route| route.key == outcome.route) else {
        outcome.answer = Err(Problem::internal(format!("no handler for the route {}", outcome.route)));
        return outcome;
    };
    let Ok(now) = Timestamp::from_unix_ms(context.time_epoch) else { return outcome };
    let call = call(request, route.form, now);
    match authorise(service, &identity, route, &call).await {
        Err(problem) => outcome.answer = Err(problem),
        Ok((target, ways)) => {
            outcome.account = target.as_ref().map(|target| target.id);
            outcome.currency = target.as_ref().map(|target| target.currency);
            let request = Authorised { call, identity, ways, target };
            outcome.answer = handle(service, route, &request).await;
        }
    }
    outcome
}

async fn handle<S: Service>(service: &S, route: &Route<S::Action>, request: &Authorised) -> Result<Reply, Problem> {
    let outcome = match request.check_form(route.query) {
        Ok(()) => service.handle(route.action, request).await,
        Err(problem) => Err(problem),
    };
    match outcome {
        Err(problem) if problem.is_fault_of_request() => {
            service.subject(route.action, request).await?;
            Err(problem)
        }
        outcome => outcome,
    }
}

fn call(request: Request, form: Form, now: Timestamp) -> Call {
    let pairs = |map: Option<&QueryMap>| {
        let pairs = map.into_iter().flat_map(QueryMap::iter);
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let (head, body) = request.into_parts();
    Call {
        method: head.method.as_str().to_owned(),
        path: head.raw_http_path().to_owned(),
        path_parameters: pairs(head.path_parameters_ref()),
        query: pairs(head.query_string_parameters_ref()),
        headers: head.headers,
        body: match body {
            Body::Empty => Vec::new(),
            Body::Text(text) => text.into_bytes(),
            Body::Binary(bytes) => bytes,
            // The library may come to know more of them.
            body => body.as_ref().to_vec(),
        },
        form,
        now,
    }
}

/// The account that the request is about and every way in which the caller may do this to it.
///
/// What is not there and what is not for this caller to know of cost the same reads of the store: one of the thing itself,
/// and those of the caller's own accounts. So the answer does not tell them apart, and how long it takes hardly: what is
/// left is the reading of an item that was found, some tenths of a millisecond.
async fn authorise<S: Service>(
    service: &S,
    identity: &Identity,
    route: &Route<S::Action>,
    call: &Call,
) -> Result<(Option<Lineage>, Vec<Acting>), Problem> {
    let Some(node) = node(route.about, call)? else { return Ok((None, of_nobody(identity, route.operation)?)) };
    let remembered = service.remembered(node);
    let is_remembered = remembered.is_some();
    let target = if is_remembered { remembered } else { service.find(node).await? };
    if let Some(target) = &target {
        let ways = granted(identity, route.operation, target);
        if !ways.is_empty() {
            return Ok((Some(target.clone()), ways));
        }
        if sees(identity, target) && !route.operation.is_hidden_from_others() {
            return Err(Problem::forbidden());
        }
    }
    let acting = descendant(service, identity, target.as_ref()).await?;
    match acting.filter(|_| !route.operation.is_hidden_from_others()) {
        Some(acting) if route.operation == Operation::ReadAccount => Ok((target, vec![acting])),
        Some(_) => Err(Problem::forbidden()),
        None => {
            if is_remembered {
                service.find(node).await?;
            }
            Err(Problem::not_found())
        }
    }
}

/// What the path names; 404 when that is no id.
fn node(about: About, call: &Call) -> Result<Option<Node>, Problem> {
    let node = match about {
        About::Nothing => return Ok(None),
        About::Account => call.path_parameter("id").and_then(|text| AccountId::parse(text).ok()).map(Node::Account),
        About::Program => {
            call.path_parameter("program_id").and_then(|text| ProgramId::parse(text).ok()).map(Node::Program)
        }
    };
    node.map(Some).ok_or_else(Problem::not_found)
}

/// Operations that are about no account: the operator's, and reading what is one's own.
fn of_nobody(identity: &Identity, operation: Operation) -> Result<Vec<Acting>, Problem> {
    let is_allowed = operation == Operation::ReadOwn || identity.is_operator && operation.is_allowed_to_operator(None);
    if is_allowed {
        Ok(vec![Acting { account_id: None, sub: identity.sub.clone() }])
    } else {
        Err(Problem::forbidden())
    }
}

/// The caller as a member of an account below the target, from where the target is visible, if barely.
async fn descendant<S: Service>(
    service: &S,
    identity: &Identity,
    target: Option<&Lineage>,
) -> Result<Option<Acting>, Problem> {
    for (account, roles) in &identity.memberships {
        let node = Node::Account(*account);
        let lineage = match service.remembered(node) {
            Some(lineage) => Some(lineage),
            None => service.find(node).await?,
        };
        let is_below = |lineage: &Lineage| target.is_some_and(|target| lineage.is_or_is_below(target.id));
        if lineage.is_some_and(|lineage| is_below(&lineage) && is_member(&lineage, roles)) {
            return Ok(Some(Acting { account_id: Some(*account), sub: identity.sub.clone() }));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
