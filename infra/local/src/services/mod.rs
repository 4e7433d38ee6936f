//! The AWS services as functions call them: the store, the event buses, mail and queues.
//!
//! Every instance of a function has a path of its own, `/{service}/{function}/{instance}`, so that the stack knows who
//! calls. Here and nowhere else rights are checked, and calls counted, disturbed and made the last ones of a process: what the stack does
//! itself goes past all that.

mod answer;
mod dynamodb;
mod events;
#[cfg(test)]
pub(crate) mod fixture;
mod server;
mod ses;
mod sqs;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::body::Bytes;
use hyper::body::Incoming;
use hyper::{Request, Response};
use tokio::sync::Notify;

use answer::{Body, HungUp};
use dynamodb::Store;
pub(crate) use server::serve;

use crate::bus::Buses;
use crate::calls::{Calls, Moment};
use crate::faults::{Faults, Kind, Target};
use crate::functions::Functions;
use crate::mail::Mails;
use crate::queues::Queues;
use crate::rights::wishes;
use crate::store::Near;

/// What functions call, and what may happen to their calls.
#[derive(Clone)]
pub(crate) struct Services {
    shared: Arc<Shared>,
}

struct Shared {
    functions: Functions,
    parts: Parts,
    store: Store,
}

/// What services are made of.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) calls: Calls,
    pub(crate) faults: Faults,
    pub(crate) buses: Buses,
    pub(crate) mails: Mails,
    pub(crate) queues: Queues,
    /// Told whenever a function has written to the store.
    pub(crate) written: Arc<Notify>,
}

/// Who calls what.
struct Caller<'a> {
    service: &'a str,
    function: &'a str,
    instance: u64,
    /// The path within the service.
    path: &'a str,
}

impl<'a> Caller<'a> {
    fn of(path: &'a str) -> Option<Caller<'a>> {
        let (service, rest) = path.strip_prefix('/')?.split_once('/')?;
        let (function, rest) = rest.split_once('/')?;
        let end = rest.find('/').unwrap_or(rest.len());
        let (instance, path) = rest.split_at_checked(end)?;
        Some(Caller { service, function, instance: instance.parse().ok()?, path })
    }

    /// What a request asks of which service: `dynamodb PutItem`.
    fn call(&self, request: &Request<Bytes>) -> String {
        let operation = dynamodb::operation(request);
        // REST services have the path instead.
        format!("{} {}", self.service, if operation.is_empty() { self.path } else { operation })
    }
}

impl Services {
    /// Services for `functions` before the store at `store`, which may be `near`.
    pub(crate) fn new(functions: Functions, store: &str, near: Option<Near>, parts: Parts) -> Services {
        Services { shared: Arc::new(Shared { functions, parts, store: Store::new(store, near) }) }
    }

    async fn handle(self, request: Request<Incoming>) -> Result<Response<Body>, HungUp> {
        let (head, body) = request.into_parts();
        let request = Request::from_parts(head, answer::read(body).await?);
        let uri = request.uri().clone();
        let Some(caller) = Caller::of(uri.path()) else { return Ok(answer::unknown_operation()) };
        let moment = self.shared.parts.calls.count(caller.function, || caller.call(&request));
        if moment == Some(Moment::Before) {
            return self.crash(&caller).await;
        }
        let answer = self.carry_out(&caller, request).await;
        if moment == Some(Moment::After) {
            return self.crash(&caller).await;
        }
        answer
    }

    async fn carry_out(&self, caller: &Caller<'_>, request: Request<Bytes>) -> Result<Response<Body>, HungUp> {
        if let Some(refusal) = self.refusal(caller, &request) {
            return Ok(answer::access_denied(&refusal));
        }
        match caller.service {
            "dynamodb" => self.dynamodb(caller.path, request).await,
            "eventbridge" => self.events(request).await,
            "sesv2" => self.ses(caller.path, request).await,
            "sqs" => self.sqs(request).await,
            _ => Ok(answer::unknown_operation()),
        }
    }

    /// Why the caller's role does not let it do this.
    fn refusal(&self, caller: &Caller<'_>, request: &Request<Bytes>) -> Option<String> {
        let pool = self.shared.functions.get(caller.function)?;
        let wishes = wishes(caller.service, dynamodb::operation(request), request.body());
        let denied = wishes.iter().find(|wish| !pool.rights().allow(wish))?;
        Some(denied.refusal(caller.function))
    }

    /// Ends the caller's process. By the time that the connection is closed, nobody is at its other end.
    async fn crash(&self, caller: &Caller<'_>) -> Result<Response<Body>, HungUp> {
        let Some(pool) = self.shared.functions.get(caller.function).cloned() else { return Err(HungUp) };
        let (calls, instance) = (self.shared.parts.calls.clone(), caller.instance);
        // On its own, as the call ends with its caller.
        let crash = tokio::spawn(async move {
            if pool.crash(instance).await {
                calls.crashed();
            }
        });
        // It ends without a value; that it panicked would be printed by then.
        let _ = crash.await;
        Err(HungUp)
    }

    /// Has a call meet its fault, if it is struck by one.
    async fn disturbed(
        &self,
        target: Target,
        refuse: impl FnOnce(Kind) -> Response<Body>,
        carry_out: impl FnOnce() -> Response<Body>,
    ) -> Result<Response<Body>, HungUp> {
        match self.shared.parts.faults.draw(target) {
            None => Ok(carry_out()),
            Some((Kind::Delay, pause)) => {
                tokio::time::sleep(pause).await;
                Ok(carry_out())
            }
            Some((Kind::LostResponse, _)) => {
                carry_out();
                Err(HungUp)
            }
            Some((kind, _)) => Ok(refuse(kind)),
        }
    }
}
