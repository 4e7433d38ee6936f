//! Requests and answers.

use std::borrow::Borrow;
use std::fmt::{self, Write as _};
use std::pin::Pin;
use std::time::Duration;

use local::Stack;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::{contract, stack};

/// Long enough for the slowest machine; only a hung stack takes it.
const LIMIT: Duration = Duration::from_secs(60);

/// How often a caller who insists asks before the last time.
const PATIENCE: usize = 200;

/// The pause before such a caller asks again.
const PAUSE: Duration = Duration::from_millis(50);

/// How much of a body a failure message shows.
const SHOWN_CHARACTERS: usize = 2_000;

/// Speaks to one stack, for as long as one test's runtime lives.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    url: String,
}

impl Client {
    /// A client of the stack at `url`.
    ///
    /// # Panics
    /// When no client can be made.
    #[must_use]
    pub fn new(url: &str) -> Client {
        let http = reqwest::Client::builder().timeout(LIMIT).build().expect("an HTTP client");
        Client { http, url: url.to_owned() }
    }

    /// Somebody with this token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Caller {
        let authorization = HeaderValue::from_str(&format!("Bearer {token}")).expect("a token is visible ASCII");
        Caller { client: self.clone(), authorization: Some(authorization) }
    }

    /// Somebody without a token.
    #[must_use]
    pub fn anonymous(&self) -> Caller {
        Caller { client: self.clone(), authorization: None }
    }

    /// Somebody whom the stack gives a token; `memberships` as in the claim.
    ///
    /// # Panics
    /// When the stack cannot sign.
    #[must_use]
    pub fn caller(&self, stack: &Stack, sub: &str, memberships: &str) -> Caller {
        let token = stack.token(sub, &format!("{sub}@example.com"), memberships).expect("a token");
        self.with_token(&token)
    }
}

/// Somebody who sends requests.
#[derive(Clone, Debug)]
pub struct Caller {
    client: Client,
    authorization: Option<HeaderValue>,
}

impl Caller {
    /// A GET.
    pub fn get(&self, path: impl AsRef<str>) -> Call {
        self.call(Method::GET, path)
    }

    /// A POST.
    pub fn post(&self, path: impl AsRef<str>) -> Call {
        self.call(Method::POST, path)
    }

    /// A PATCH.
    pub fn patch(&self, path: impl AsRef<str>) -> Call {
        self.call(Method::PATCH, path)
    }

    /// Any method; `path` begins with a slash and may have a query.
    pub fn call(&self, method: Method, path: impl AsRef<str>) -> Call {
        let path = path.as_ref();
        let mut request = self.client.http.request(method.clone(), format!("{}{path}", self.client.url));
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let (shown, is_repeatable) = (format!("{method} {path}"), method.is_safe());
        Call { request, method, path: path.to_owned(), shown, is_repeatable }
    }
}

/// A request in the making. Awaiting it sends it.
#[derive(Debug)]
#[must_use = "a request is sent by awaiting it"]
pub struct Call {
    request: RequestBuilder,
    method: Method,
    path: String,
    shown: String,
    /// Whether it may be sent again when nobody knows what came of it: it reads, or has a key.
    is_repeatable: bool,
}

impl Call {
    /// The idempotency key.
    pub fn key(self, key: impl AsRef<str>) -> Call {
        Call { is_repeatable: true, ..self.header("idempotency-key", key.as_ref()) }
    }

    /// The position that the caller insists on.
    pub fn if_match(self, seq: impl fmt::Display) -> Call {
        self.header("if-match", format!("\"{seq}\""))
    }

    /// Any header; its value may hold every byte that HTTP lets through.
    ///
    /// # Panics
    /// When HTTP does not let it through.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Call {
        let value = HeaderValue::from_bytes(value.as_ref()).expect("a header's value");
        let _ = write!(self.shown, "\n{name}: {value:?}");
        self.request = self.request.header(HeaderName::from_bytes(name.as_bytes()).expect("a header's name"), value);
        self
    }

    /// A JSON body.
    pub fn json(self, body: impl Borrow<Value>) -> Call {
        self.body("application/json", body.borrow().to_string())
    }

    /// A body of any type.
    pub fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Call {
        self.header("content-type", content_type).untyped(body)
    }

    /// A body that does not say what it is.
    pub fn untyped(mut self, body: impl Into<Vec<u8>>) -> Call {
        let body = body.into();
        let _ = write!(self.shown, "\n\n{}", cut(&String::from_utf8_lossy(&body)));
        self.request = self.request.body(body);
        self
    }

    /// The same request once more.
    fn again(&self) -> Call {
        let Call { request, method, path, shown, is_repeatable } = self;
        let request = request.try_clone().expect("a request with its whole body");
        let (method, path, shown) = (method.clone(), path.clone(), shown.clone());
        Call { request, method, path, shown, is_repeatable: *is_repeatable }
    }

    /// Sends it, to whom may not answer. What the API's description covers has to be answered as that says.
    ///
    /// # Errors
    /// Why there is no answer, or no whole one.
    ///
    /// # Panics
    /// When the answer is not as described.
    pub async fn attempt(self) -> Result<Answer, String> {
        let Call { request, method, path, shown, is_repeatable: _ } = self;
        let gone = |error: reqwest::Error| format!("no answer to this request: {error:?}\n{shown}");
        let response = request.send().await.map_err(gone)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.map_err(gone)?;
        let answer = Answer { status, headers, text, request: shown, was_unheard: false };
        match contract::fault_of(method.as_str(), &path, &answer) {
            None => Ok(answer),
            Some(fault) => panic!("not as the API's description says: {fault}\n{answer}"),
        }
    }

    /// Another store than the built-in one may be so slow that functions give up on it for a moment.
    async fn send(self) -> Answer {
        if stack::is_another_store() { insist(self).await } else { self.send_once().await }
    }

    async fn send_once(self) -> Answer {
        self.attempt().await.unwrap_or_else(|message| panic!("{message}"))
    }
}

impl IntoFuture for Call {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// Sends a request without waiting for its answer.
pub fn start(call: impl IntoFuture<Output = Answer, IntoFuture: Send + 'static>) -> JoinHandle<Answer> {
    tokio::spawn(call.into_future())
}

/// Sends a request again, as it is, for as long as the answer is that this is safe and may help: others were faster too
/// often, or the stack is not available. Then nobody knows what came of it, so that one has to read, or to have a key.
pub async fn insist(call: Call) -> Answer {
    let mut was_unheard = false;
    for _ in 0..PATIENCE {
        let answer = call.again().send_once().await;
        let is_unheard = answer.status == 503 && call.is_repeatable;
        if !is_unheard && !answer.is_contention() {
            return Answer { was_unheard, ..answer };
        }
        was_unheard |= is_unheard;
        tokio::time::sleep(PAUSE).await;
    }
    Answer { was_unheard, ..call.send_once().await }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
    /// What was asked.
    request: String,
    /// Whether it had been asked before, and nobody heard what came of that.
    was_unheard: bool,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("the body is not JSON: {error}\n{self}"))
    }

    /// The body of an answer that has to have this status.
    ///
    /// # Panics
    /// When it has another.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "the status\n{self}");
        self.json()
    }

    /// The body of a problem that has to have this status and code, and the form of all problems.
    ///
    /// # Panics
    /// When it is anything else.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        let body = self.expect(status);
        assert_eq!(body["code"], code, "the code\n{self}");
        self.check_problem();
        body
    }

    /// The names of the fields of a 422 that finds fault with them.
    ///
    /// # Panics
    /// When it is anything else.
    #[track_caller]
    pub fn invalid_fields(&self) -> Vec<String> {
        let body = self.refused(422, "validation_failed");
        let errors = body["errors"].as_array().unwrap_or_else(|| panic!("no list of errors\n{self}"));
        errors.iter().map(|error| error["field"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Whether it says that it was given before.
    #[must_use]
    pub fn is_replayed(&self) -> bool {
        self.headers.get("idempotent-replayed").is_some_and(|value| value == "true")
    }

    /// Whether [`insist`] had sent the same before and nobody heard what came of that: a replay may be of that one.
    #[must_use]
    pub fn may_replay_itself(&self) -> bool {
        self.was_unheard
    }

    /// Whether it says that others were faster too often.
    ///
    /// # Panics
    /// When it is a conflict without a body in JSON.
    #[must_use]
    #[track_caller]
    pub fn is_contention(&self) -> bool {
        self.status == 409 && self.json()["code"] == "contention"
    }

    /// The type of the body, without parameters.
    #[must_use]
    pub fn content_type(&self) -> &str {
        let value = self.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        value.split(';').next().unwrap_or_default()
    }

    /// The form of every problem: RFC 9457 with a code, nothing of the inside showing.
    ///
    /// # Panics
    /// When it has another.
    #[track_caller]
    pub fn check_problem(&self) {
        assert_eq!(self.content_type(), "application/problem+json", "the type of a problem\n{self}");
        let body = self.json();
        for field in ["type", "title", "detail", "code", "request_id"] {
            let is_text = body[field].as_str().is_some_and(|text| !text.is_empty());
            assert!(is_text, "a problem has the text {field}\n{self}");
        }
        assert_eq!(body["status"], self.status, "the status in the body\n{self}");
        for error in body["errors"].as_array().into_iter().flatten() {
            for field in ["field", "code", "message"] {
                assert!(error[field].is_string(), "an error has the text {field}\n{self}");
            }
        }
    }

    /// An answer of the gateway itself: its native body.
    ///
    /// # Panics
    /// When it is anything else.
    #[track_caller]
    pub fn native(&self, status: u16) {
        let body = self.expect(status);
        assert!(body["message"].is_string() && body.get("code").is_none(), "the gateway's own body\n{self}");
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Answer { status, headers, text, request, was_unheard: _ } = self;
        writeln!(formatter, "--- request\n{request}\n--- answer\n{status}")?;
        for (name, value) in headers {
            writeln!(formatter, "{name}: {value:?}")?;
        }
        write!(formatter, "\n{}\n---", cut(text))
    }
}

fn cut(text: &str) -> String {
    text.chars().take(SHOWN_CHARACTERS).collect()
}
