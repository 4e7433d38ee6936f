//! Which route a request takes.

use percent_encoding::percent_decode_str;

use crate::template::Route;

/// The template's routes, most specific first.
pub(super) struct Routes {
    routes: Vec<Pattern>,
}

struct Pattern {
    route: Route,
    segments: Vec<Segment>,
}

/// Ordered from the most specific to the least.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Literal(String),
    Parameter(String),
    /// `{name+}`: the rest of the path.
    Rest(String),
}

/// The route of a request and the values of its path parameters, percent-decoded.
#[derive(Debug)]
pub(super) struct Match<'a> {
    pub(super) route: &'a Route,
    pub(super) parameters: Vec<(String, String)>,
}

/// A path whose percent-encoding does not stand for text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadPath;

impl Routes {
    pub(super) fn new(routes: &[Route]) -> Routes {
        let mut routes: Vec<Pattern> = routes
            .iter()
            .map(|route| Pattern { segments: segments(&route.path).map(segment).collect(), route: route.clone() })
            .collect();
        // A literal beats a parameter at the first place where two routes differ, and a method beats `ANY`.
        routes.sort_by_cached_key(|pattern| (pattern.ranks(), pattern.route.method == "ANY"));
        Routes { routes }
    }

    pub(super) fn find(&self, method: &str, path: &str) -> Result<Option<Match<'_>>, BadPath> {
        let path: Vec<String> = segments(path).map(decode).collect::<Result<_, _>>()?;
        let matched = self
            .routes
            .iter()
            .filter(|pattern| pattern.route.method == method || pattern.route.method == "ANY")
            .find_map(|pattern| Some(Match { parameters: pattern.parameters(&path)?, route: &pattern.route }));
        Ok(matched)
    }
}

impl Pattern {
    fn ranks(&self) -> Vec<u8> {
        let rank = |segment: &Segment| match segment {
            Segment::Literal(_) => 0,
            Segment::Parameter(_) => 1,
            Segment::Rest(_) => 2,
        };
        self.segments.iter().map(rank).collect()
    }

    /// The parameters' values if the path fits.
    fn parameters(&self, path: &[String]) -> Option<Vec<(String, String)>> {
        let mut rest = path;
        let mut parameters = Vec::new();
        for segment in &self.segments {
            let (first, others) = rest.split_first()?;
            match segment {
                Segment::Literal(literal) if literal == first => {}
                Segment::Literal(_) => return None,
                Segment::Parameter(_) if first.is_empty() => return None,
                Segment::Parameter(name) => parameters.push((name.clone(), first.clone())),
                Segment::Rest(name) => {
                    parameters.push((name.clone(), rest.join("/")));
                    return Some(parameters);
                }
            }
            rest = others;
        }
        rest.is_empty().then_some(parameters)
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

fn segment(text: &str) -> Segment {
    match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        Some(name) => match name.strip_suffix('+') {
            Some(name) => Segment::Rest(name.to_owned()),
            None => Segment::Parameter(name.to_owned()),
        },
        None => Segment::Literal(text.to_owned()),
    }
}

/// Percent-decoded text. API Gateway decodes paths before functions see them.
pub(super) fn decode(text: &str) -> Result<String, BadPath> {
    let bytes = text.as_bytes();
    let is_hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let is_whole = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'%')
        .all(|(at, _)| is_hex(bytes.get(at.saturating_add(1))) && is_hex(bytes.get(at.saturating_add(2))));
    if !is_whole {
        return Err(BadPath);
    }
    percent_decode_str(text).decode_utf8().map(|text| text.into_owned()).map_err(|_| BadPath)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(declared: &[(&str, &str)]) -> Routes {
        let routes: Vec<Route> = declared
            .iter()
            .map(|(method, path)| Route {
                method: (*method).to_owned(),
                path: (*path).to_owned(),
                function: format!("{method} {path}"),
                authorizer: None,
            })
            .collect();
        Routes::new(&routes)
    }

    fn found(routes: &Routes, method: &str, path: &str) -> Option<(String, Vec<(String, String)>)> {
        let matched = routes.find(method, path).unwrap()?;
        Some((matched.route.function.clone(), matched.parameters))
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn a_literal_beats_a_parameter_whatever_the_order() {
        let routes = routes(&[("GET", "/v1/{id}/list"), ("GET", "/v1/{rest+}"), ("GET", "/v1/me/list")]);
        assert_eq!(found(&routes, "GET", "/v1/me/list").unwrap().0, "GET /v1/me/list");
        assert_eq!(found(&routes, "GET", "/v1/x/list").unwrap(), ("GET /v1/{id}/list".into(), vec![pair("id", "x")]));
        assert_eq!(found(&routes, "GET", "/v1/x/y").unwrap(), ("GET /v1/{rest+}".into(), vec![pair("rest", "x/y")]));
    }

    #[test]
    fn a_method_beats_any() {
        let routes = routes(&[("ANY", "/a"), ("GET", "/a")]);
        assert_eq!(found(&routes, "GET", "/a").unwrap().0, "GET /a");
        assert_eq!(found(&routes, "POST", "/a").unwrap().0, "ANY /a");
    }

    #[test]
    fn what_is_not_routed_is_not_found() {
        let routes = routes(&[("GET", "/v1/things/{id}")]);
        for (method, path) in [
            ("POST", "/v1/things/1"),
            ("HEAD", "/v1/things/1"),
            ("GET", "/v1/things"),
            ("GET", "/v1/things/"),
            ("GET", "/v1/things/1/"),
            ("GET", "/v1/things/1/more"),
            ("GET", "//v1/things/1"),
            ("GET", "/V1/things/1"),
            ("GET", "/"),
        ] {
            assert!(found(&routes, method, path).is_none(), "{method} {path}");
        }
    }

    #[test]
    fn parameters_are_decoded_after_the_path_is_cut() {
        let routes = routes(&[("GET", "/v1/things/{id}")]);
        let (_, parameters) = found(&routes, "GET", "/v1/things/a%2Fb%20%E4%B8%AD").unwrap();
        assert_eq!(parameters, [pair("id", "a/b 中")]);
    }

    #[test]
    fn encodings_of_no_text_are_bad() {
        let routes = routes(&[("GET", "/v1/things/{id}")]);
        for path in ["/v1/things/%", "/v1/things/%4", "/v1/things/%zz", "/v1/things/%ff", "/v1/things/%\u{e9}0"] {
            assert_eq!(routes.find("GET", path).unwrap_err(), BadPath, "{path}");
        }
    }
}
