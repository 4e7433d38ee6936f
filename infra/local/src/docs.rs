//! `GET /v1/docs`: the API's description as a page for people. The page loads nothing but the description itself.

use axum::Router;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;

/// Its script and style stand in the page; nothing comes from anywhere else.
const POLICY: &str =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'";

/// The page, beside the routes of the template.
pub(crate) fn router() -> Router {
    Router::new().route("/v1/docs", get(page))
}

async fn page() -> impl IntoResponse {
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(include_str!("docs.html")))
}
