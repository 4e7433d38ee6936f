//! Request bodies, as far as API Gateway takes them.

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;

/// API Gateway's limit.
const MAX_BYTES: usize = 10 * 1024 * 1024;
/// How much of a body that is too large is read and thrown away. A client that is still sending when the connection
/// closes may never see the answer, so everything within reason is let through to its end first.
const MAX_DRAINED_BYTES: usize = 64 * 1024 * 1024;

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    TooLarge,
    /// The client has gone, or does not speak HTTP.
    CutOff,
}

/// The whole body.
pub(super) async fn read(mut body: Body) -> Result<Bytes, Unreadable> {
    let mut whole = Vec::new();
    let mut seen: usize = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Err(Unreadable::CutOff) };
        let Ok(data) = frame.into_data() else { continue };
        seen = seen.saturating_add(data.len());
        if seen <= MAX_BYTES {
            whole.extend_from_slice(&data);
        } else if seen > MAX_DRAINED_BYTES {
            break;
        }
    }
    if seen > MAX_BYTES {
        return Err(Unreadable::TooLarge);
    }
    Ok(Bytes::from(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bodies_up_to_ten_megabytes_are_taken() {
        let largest = read(Body::from(vec![b'a'; MAX_BYTES])).await.unwrap();
        assert_eq!(largest.len(), MAX_BYTES);
        let refused = read(Body::from(vec![b'a'; MAX_BYTES + 1])).await.unwrap_err();
        assert_eq!(refused, Unreadable::TooLarge);
    }
}
