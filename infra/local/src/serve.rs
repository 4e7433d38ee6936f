//! Listening on loopback, the same way for every server of the stack.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

/// A listener on 127.0.0.1; port 0 takes any free one.
pub(crate) async fn bind(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves until `stop` resolves and the requests under way have been answered.
///
/// Small answers must not wait for the acknowledgement of earlier ones, so Nagle's algorithm is off.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()> + Send + 'static) {
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    // It answers `Ok` only: errors of single connections end those connections.
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let _ = axum::serve(listener, service).with_graceful_shutdown(stop).await;
}
