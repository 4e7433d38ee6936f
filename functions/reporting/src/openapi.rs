//! The description of the whole API.

use edge::Document;

/// `GET /openapi.json`: kept by hand; tests hold it against the template, the routes, the codes and every answer.
pub const DESCRIPTION: Document =
    Document::new("GET /v1/openapi.json", "application/json", include_str!("../openapi.json"));
