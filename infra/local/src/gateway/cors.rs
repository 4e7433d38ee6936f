//! Cross-origin calls, as the template's `CorsConfiguration` allows them.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;

use crate::template::Cors;

/// API Gateway owns these headers when it has a CORS configuration: what a function says of them is dropped.
const OWNED: [HeaderName; 6] = [
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
    header::ACCESS_CONTROL_MAX_AGE,
];

/// Which web pages may call, and how.
pub(super) struct Policy {
    cors: Cors,
}

impl Policy {
    pub(super) fn new(cors: Cors) -> Policy {
        Policy { cors }
    }

    /// The answer to a preflight request; `None` if the request is not one. Pages that may not call get no headers.
    pub(super) fn preflight(&self, request: &Parts) -> Option<Response> {
        let origin = request.headers.get(header::ORIGIN)?;
        let is_preflight =
            request.method == Method::OPTIONS && request.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if !is_preflight {
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        if self.allow(origin, response.headers_mut()) {
            let headers = response.headers_mut();
            set_list(headers, header::ACCESS_CONTROL_ALLOW_METHODS, &self.cors.allow_methods);
            set_list(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, &self.cors.allow_headers);
            if let Some(seconds) = self.cors.max_age {
                headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(seconds));
            }
        }
        Some(response)
    }

    /// Puts the headers on an ordinary answer.
    pub(super) fn apply(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        for name in OWNED {
            headers.remove(name);
        }
        if let Some(origin) = origin
            && self.allow(origin, headers)
        {
            set_list(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, &self.cors.expose_headers);
        }
    }

    /// Names the origin as allowed, if it is.
    fn allow(&self, origin: &HeaderValue, headers: &mut HeaderMap) -> bool {
        let Ok(text) = origin.to_str() else { return false };
        let allowed = &self.cors.allow_origins;
        let is_named = allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(text));
        // `https://*` stands for every origin of that scheme.
        let is_of_scheme = allowed
            .iter()
            .filter_map(|allowed| allowed.strip_suffix("//*"))
            .any(|scheme| text.split_once("//").is_some_and(|(of_origin, _)| of_origin == scheme));
        let value = if is_named || is_of_scheme {
            origin.clone()
        } else if allowed.iter().any(|allowed| allowed == "*") {
            HeaderValue::from_static("*")
        } else {
            return false;
        };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, value);
        if self.cors.allow_credentials {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        true
    }
}

fn set_list(headers: &mut HeaderMap, name: HeaderName, values: &[String]) {
    if !values.is_empty()
        && let Ok(value) = HeaderValue::from_str(&values.join(","))
    {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn policy() -> Policy {
        Policy::new(Cors {
            allow_origins: vec!["http://localhost:3000".to_owned(), "https://*".to_owned()],
            allow_methods: vec!["GET".to_owned(), "POST".to_owned()],
            allow_headers: vec!["authorization".to_owned()],
            expose_headers: vec!["etag".to_owned()],
            allow_credentials: false,
            max_age: Some(600),
        })
    }

    fn preflight(origin: &str) -> Option<Response> {
        let request = Request::options("/v1/me")
            .header("origin", origin)
            .header("access-control-request-method", "GET")
            .body(())
            .unwrap();
        policy().preflight(&request.into_parts().0)
    }

    #[test]
    fn preflights_of_allowed_origins_are_told_what_they_may_do() {
        let response = preflight("http://localhost:3000").unwrap();
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        let headers = response.headers();
        assert_eq!(headers["access-control-allow-origin"], "http://localhost:3000");
        assert_eq!(headers["access-control-allow-methods"], "GET,POST");
        assert_eq!(headers["access-control-allow-headers"], "authorization");
        assert_eq!(headers["access-control-max-age"], "600");
    }

    #[test]
    fn preflights_of_other_origins_are_told_nothing() {
        let response = preflight("http://elsewhere.example").unwrap();
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        assert!(response.headers().is_empty());
    }

    #[test]
    fn a_wildcard_covers_its_scheme() {
        let response = preflight("https://anywhere.example").unwrap();
        assert_eq!(response.headers()["access-control-allow-origin"], "https://anywhere.example");
    }

    #[test]
    fn options_without_the_preflight_header_is_an_ordinary_request() {
        let request = Request::options("/").header("origin", "http://localhost:3000").body(()).unwrap();
        assert!(policy().preflight(&request.into_parts().0).is_none());
    }

    #[test]
    fn the_functions_own_cors_headers_are_dropped() {
        let mut headers = HeaderMap::new();
        headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
        policy().apply(None, &mut headers);
        assert!(headers.is_empty());
        policy().apply(Some(&HeaderValue::from_static("http://localhost:3000")), &mut headers);
        assert_eq!(headers["access-control-allow-origin"], "http://localhost:3000");
        assert_eq!(headers["access-control-expose-headers"], "etag");
    }
}
