//! EventBridge: `PutEvents`.

use axum::body::Bytes;
use hyper::{Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use time::OffsetDateTime;

use super::Services;
use super::answer::{self, Body, HungUp};
use crate::bus::{Announcement, Buses};
use crate::faults::{Faults, Kind, Target};
use crate::template::DEFAULT_BUS;

const CONTENT: &str = "application/x-amz-json-1.1";
const MAX_ENTRIES: usize = 10;
/// Of all entries together.
const MAX_BYTES: usize = 256 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    source: Option<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    event_bus_name: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
    /// Seconds since 1970, perhaps with a fraction.
    time: Option<f64>,
}

/// Why an entry was not taken.
struct Refused {
    code: &'static str,
    message: String,
}

impl Refused {
    fn new(code: &'static str, message: impl Into<String>) -> Refused {
        Refused { code, message: message.into() }
    }
}

impl Services {
    /// A call to EventBridge.
    pub(super) async fn events(&self, request: Request<Bytes>) -> Result<Response<Body>, HungUp> {
        let is_known = request.headers().get("x-amz-target").is_some_and(|target| target == "AWSEvents.PutEvents");
        let body = request.into_body();
        if !is_known {
            return Ok(answer::unknown_operation());
        }
        let parts = &self.shared.parts;
        let carry_out = || put(&body, &parts.buses, &parts.faults);
        // These strike single entries.
        if let Some(Kind::Throttle | Kind::Conflict) = parts.faults.active(Target::Events) {
            return Ok(carry_out());
        }
        let refuse = |_| {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            answer::error(status, CONTENT, "InternalException", "This exception occurs due to unexpected causes.")
        };
        self.disturbed(Target::Events, refuse, carry_out).await
    }
}

fn put(body: &[u8], buses: &Buses, faults: &Faults) -> Response<Body> {
    let invalid = |message: &str| answer::error(StatusCode::BAD_REQUEST, CONTENT, "ValidationException", message);
    let Ok(PutEvents { entries }) = serde_json::from_slice(body) else {
        return answer::error(
            StatusCode::BAD_REQUEST,
            CONTENT,
            "SerializationException",
            "the request is not readable",
        );
    };
    if entries.is_empty() || entries.len() > MAX_ENTRIES {
        return invalid("1 validation error detected: 'entries' must have from 1 to 10 members");
    }
    if entries.iter().map(Entry::size).fold(0, usize::saturating_add) > MAX_BYTES {
        return invalid("Total size of the entries in the request is over the limit.");
    }
    let mut failed: u32 = 0;
    let results: Vec<Json> = entries
        .into_iter()
        .map(|entry| match entry.put(buses, faults) {
            Ok(id) => json!({ "EventId": id }),
            Err(Refused { code, message }) => {
                failed = failed.saturating_add(1);
                json!({ "ErrorCode": code, "ErrorMessage": message })
            }
        })
        .collect();
    answer::json(StatusCode::OK, CONTENT, &json!({ "FailedEntryCount": failed, "Entries": results }))
}

impl Entry {
    /// As EventBridge counts it.
    fn size(&self) -> usize {
        let time = if self.time.is_some() { 14 } else { 0 };
        let texts = [&self.source, &self.detail_type, &self.detail].into_iter().flatten().chain(&self.resources);
        texts.map(String::len).fold(time, usize::saturating_add)
    }

    fn put(self, buses: &Buses, faults: &Faults) -> Result<String, Refused> {
        match faults.active(Target::Events) {
            Some(kind @ (Kind::Throttle | Kind::Conflict)) if faults.draw(Target::Events).is_some() => {
                return Err(match kind {
                    Kind::Throttle => Refused::new("ThrottlingException", "Rate exceeded"),
                    _ => Refused::new("InternalFailure", "Unexpected error, please try again"),
                });
            }
            _ => {}
        }
        let bus = self.event_bus_name.as_deref().and_then(|name| name.rsplit('/').next()).unwrap_or(DEFAULT_BUS);
        let bus = bus.to_owned();
        // EventBridge itself says nothing and drops the event, which here would only hide a mistake.
        if !buses.has(&bus) {
            return Err(Refused::new("InvalidArgument", format!("Event bus {bus} does not exist.")));
        }
        let announcement = self.announcement()?;
        if announcement.is_of_aws() {
            return Err(Refused::new("NotAuthorizedForSourceException", "Not authorized for the source."));
        }
        Ok(buses.put(&bus, announcement))
    }

    fn announcement(self) -> Result<Announcement, Refused> {
        let given = |value: Option<String>, name: &str| {
            let message = format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
            value.filter(|value| !value.is_empty()).ok_or_else(|| Refused::new("InvalidArgument", message))
        };
        let malformed = || Refused::new("MalformedDetail", "Detail is malformed.");
        let (source, detail_type) = (given(self.source, "Source")?, given(self.detail_type, "DetailType")?);
        let detail: Map<String, Json> =
            serde_json::from_str(&given(self.detail, "Detail")?).map_err(|_| malformed())?;
        // EventBridge shows whole seconds.
        let time = self.time.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds as i64).ok());
        Ok(Announcement { source, detail_type, detail, resources: self.resources, time })
    }
}
