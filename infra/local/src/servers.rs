//! What runs in this process, and ending it.

use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::error::StartError;
use crate::serve::{bind, serve};

/// How long requests under way may take to end when the stack stops.
pub(crate) const DRAIN_LIMIT: Duration = Duration::from_secs(5);

/// Servers and other tasks in this process, and the word that stops them.
pub(crate) struct Servers {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Servers {
    pub(crate) fn new() -> Servers {
        Servers { stop: watch::Sender::new(false), tasks: JoinSet::new() }
    }

    /// Runs something until it has seen the word to stop.
    pub(crate) fn run<T: Future<Output = ()> + Send + 'static>(
        &mut self,
        task: impl FnOnce(watch::Receiver<bool>) -> T,
    ) {
        self.tasks.spawn(task(self.stop.subscribe()));
    }

    pub(crate) fn add(&mut self, listener: TcpListener, router: Router) {
        self.tasks.spawn(serve(listener, router, until(self.stop.subscribe())));
    }

    /// Serves on a free port; answers with the URL.
    pub(crate) async fn add_internal(&mut self, router: Router, what: &str) -> Result<String, StartError> {
        let (listener, address) = bind(0).await.map_err(StartError::io(format!("listen for {what}")))?;
        self.add(listener, router);
        Ok(format!("http://{address}"))
    }

    /// Takes no more connections and waits, within a bound, for the requests under way.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // What takes longer is cut off.
        let _ = timeout(DRAIN_LIMIT, all).await;
    }
}

async fn until(mut stop: watch::Receiver<bool>) {
    // The sender going away means the same.
    let _ = stop.wait_for(|stop| *stop).await;
}
