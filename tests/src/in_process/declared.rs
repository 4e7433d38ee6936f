//! What the template declares.

use std::sync::OnceLock;

use crate::template::{Route, routes};
use local::Declared;

/// Values of the template's parameters that have no default.
const PARAMETERS: [(&str, &str); 5] = [
    ("AccountDirectoryUrl", "https://directory.example"),
    ("JwtIssuer", "https://issuer.example"),
    ("JwtAudience", "portal"),
    ("MailFrom", "quota@vendor.example"),
    ("PortalUrl", "https://portal.example"),
];

/// The template, read once.
///
/// # Panics
/// When the local stack does not understand it.
#[must_use]
pub fn declared() -> &'static Declared {
    static DECLARED: OnceLock<Declared> = OnceLock::new();
    DECLARED.get_or_init(|| {
        let text = include_str!("../../../infra/template.yaml");
        Declared::read(text, &PARAMETERS).expect("a template that the local stack understands")
    })
}

/// The name of the one table.
///
/// # Panics
/// When the template has none.
#[must_use]
pub fn table() -> &'static str {
    declared().tables().into_keys().next().expect("a table")
}

/// A route and what its path's parameters are.
pub struct Match {
    /// The route.
    pub route: &'static Route,
    /// By their names.
    pub parameters: Vec<(String, String)>,
}

/// The route of a request.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn route(method: &str, path: &str) -> Match {
    static ROUTES: OnceLock<Vec<Route>> = OnceLock::new();
    let routes = ROUTES.get_or_init(routes);
    let of_method = routes.iter().filter(|route| route.method == method);
    let found = of_method.filter_map(|route| Some(Match { route, parameters: parameters(&route.path, path)? }));
    found.min_by_key(|found| found.parameters.len()).unwrap_or_else(|| panic!("no route for {method} {path}"))
}

fn parameters(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    if template.len() != path.len() {
        return None;
    }
    let mut parameters = Vec::new();
    for (wanted, found) in template.into_iter().zip(path) {
        match wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => parameters.push((name.to_owned(), found.to_owned())),
            None if wanted == found => {}
            None => return None,
        }
    }
    Some(parameters)
}
