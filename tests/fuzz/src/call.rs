//! Requests as they are kept in the corpus: a request line, headers, an empty line, a body.
//!
//! Names in braces stand for what the prepared program holds, because ids are made anew in every run:
//!
//! ```text
//! POST /v1/accounts/{customer}/purchases?preview=true
//! if-match: "3"
//! content-type: application/json
//!
//! {"list_amount": "100.00", "product": "Object storage"}
//! ```

use std::sync::LazyLock;

use percent_encoding::percent_decode_str;

/// The deployment's template: the only list of routes.
const TEMPLATE: &str = include_str!("../../../infra/template.yaml");

/// A route of the gateway.
#[derive(Debug, PartialEq, Eq)]
pub struct Route {
    /// The logical id of the function that serves it.
    pub function: &'static str,
    /// As the gateway names it.
    pub key: String,
}

/// All routes.
pub static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(routes);

fn routes() -> Vec<Route> {
    let mut function = "";
    let mut routes = Vec::new();
    for line in TEMPLATE.lines() {
        if let Some(name) = line.strip_prefix("  ").and_then(|line| line.strip_suffix("Function:")) {
            function = name;
        }
        if let Some((_, rest)) = line.split_once("Method: ")
            && let Some((method, path)) = rest.split_once(", Path: ")
        {
            let path = path.trim_end_matches('}').trim_matches('"');
            let path = if path.matches('{').count() > path.matches('}').count() {
                format!("{path}}}")
            } else {
                path.to_owned()
            };
            routes.push(Route { function, key: format!("{method} {path}") });
        }
    }
    routes
}

/// A request on its way to the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: String,
    /// The path as sent.
    pub path: String,
    /// The query as sent.
    pub query: String,
    /// Headers in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Call {
    /// Reads the form of the corpus; `None` for what no gateway would let through.
    pub fn read(input: &[u8], names: &[(&str, String)]) -> Option<Call> {
        let end = input.windows(2).position(|pair| pair == b"\n\n");
        let (head, body) = end.map_or((input, &[][..]), |end| (&input[..end], &input[end + 2..]));
        let mut head = std::str::from_utf8(head).ok()?.to_owned();
        let mut body = body.to_vec();
        for (name, value) in names {
            let name = format!("{{{name}}}");
            head = head.replace(&name, value);
            if let Ok(text) = std::str::from_utf8(&body) {
                body = text.replace(&name, value).into_bytes();
            }
        }
        let mut lines = head.lines();
        let (method, target) = lines.next()?.split_once(' ')?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let is_sent = path.starts_with('/') && target.bytes().all(is_of_target);
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        let headers = headers.filter(|(name, value)| is_header(name, value)).collect();
        is_sent.then(|| Call {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body,
        })
    }

    /// The route and the values of its path, decoded; a route without variables comes before one with.
    pub fn route(&self) -> Option<(&'static Route, Vec<(String, String)>)> {
        let mut found: Vec<_> = ROUTES.iter().filter_map(|route| Some((route, self.matches(&route.key)?))).collect();
        found.sort_by_key(|(_, parameters)| parameters.len());
        found.into_iter().next()
    }

    fn matches(&self, key: &str) -> Option<Vec<(String, String)>> {
        let (method, path) = key.split_once(' ')?;
        let (wanted, sent): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), self.path.split('/').collect());
        if method != self.method || wanted.len() != sent.len() {
            return None;
        }
        let mut parameters = Vec::new();
        for (wanted, sent) in wanted.into_iter().zip(sent) {
            let sent = percent_decode_str(sent).decode_utf8().ok()?.into_owned();
            match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(_) if sent.is_empty() => return None,
                Some(name) => parameters.push((name.to_owned(), sent)),
                None if wanted == sent => {}
                None => return None,
            }
        }
        Some(parameters)
    }

    /// The value of a header; several are joined as the gateway joins them.
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(","))
    }
}

/// What a web server takes in a target.
fn is_of_target(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&byte)
}

fn is_header(name: &str, value: &str) -> bool {
    let is_token = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let is_visible = value.chars().all(|letter| letter == '\t' || !letter.is_control());
    // These two are the gateway's own.
    is_token && !name.is_empty() && is_visible && name != "host" && name != "x-forwarded-proto"
}
