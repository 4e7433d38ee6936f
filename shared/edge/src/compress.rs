//! Long answers, compressed for those who take that.

use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use lambda_http::Body;
use lambda_http::http::{HeaderMap, HeaderValue, Response, header};

/// Shorter bodies fit into one packet as they are.
const MIN_BYTES: usize = 1_400;

/// Whether the caller takes gzip.
pub(crate) fn is_taken(headers: &HeaderMap) -> bool {
    let encodings = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    encodings.flat_map(|list| list.split(',')).any(|encoding| {
        let mut parts = encoding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        is_gzip && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// The same response, compressed when that pays.
///
/// # Errors
/// Never: it is written into memory.
pub(crate) fn compressed(response: Response<String>) -> io::Result<Response<Body>> {
    if response.body().len() < MIN_BYTES {
        return Ok(response.map(Body::from));
    }
    let (mut head, body) = response.into_parts();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body.as_bytes())?;
    head.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    head.headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    Ok(Response::from_parts(head, Body::Binary(encoder.finish()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    fn takes(text: &str) -> bool {
        is_taken(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_str(text).unwrap())]))
    }

    #[test]
    fn only_who_takes_gzip_gets_it() {
        assert!(takes("gzip") && takes("br, GZIP;q=0.5") && !takes("br") && !takes("gzip;q=0") && !takes("identity"));
        assert!(!is_taken(&HeaderMap::new()));
    }

    #[test]
    fn what_is_compressed_reads_the_same() {
        let text = "quota ".repeat(1_000);
        let response = compressed(Response::new(text.clone())).unwrap();
        assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
        let mut read = String::new();
        flate2::read::GzDecoder::new(response.body().as_ref()).read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
        assert!(response.body().as_ref().len() < 200);
        let short = compressed(Response::new("quota".to_owned())).unwrap();
        assert!(short.headers().is_empty());
    }
}
