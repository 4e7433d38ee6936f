//! The built-in account directory: what the cloud console's user base answers in production.
//!
//! It knows every console account of 10 to 12 digits except those that end in `000`.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

/// `GET /accounts/{console_account_id}`: 200 with the id, or 404.
pub(crate) fn router() -> Router {
    Router::new().route("/accounts/{console_account_id}", get(look_up))
}

async fn look_up(Path(console_account_id): Path<String>) -> Response {
    if is_known(&console_account_id) {
        Json(json!({ "console_account_id": console_account_id })).into_response()
    } else {
        (StatusCode::NOT_FOUND, Json(json!({ "message": "no such console account" }))).into_response()
    }
}

fn is_known(id: &str) -> bool {
    (10..=12).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit()) && !id.ends_with("000")
}

#[cfg(test)]
mod tests {
    use super::is_known;

    #[test]
    fn knows_ids_of_the_right_form_that_do_not_end_in_three_zeros() {
        for id in ["1000000001", "12345678901", "123456789012", "1000000100"] {
            assert!(is_known(id), "{id}");
        }
        for id in ["", "123456789", "1234567890123", "1234567000", "12345678a0", "١٢٣٤٥٦٧٨٩٠"] {
            assert!(!is_known(id), "{id}");
        }
    }
}
