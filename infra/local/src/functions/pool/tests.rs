//! The pool with processes that do nothing: the tests ask and answer in their place.

use super::*;
use crate::functions::fixture::{Fixture, pool, sleeping};

const MINUTE: Duration = Duration::from_secs(60);

impl Fixture {
    /// Begins an invocation, and waits until it has been handed to an instance or queued.
    async fn invoke(&self, request_id: &str) -> tokio::task::JoinHandle<Result<Bytes, InvokeError>> {
        let event = Event {
            request_id: request_id.to_owned(),
            trace_id: String::new(),
            payload: Bytes::from(request_id.to_owned()),
        };
        let pool = Arc::clone(&self.pool);
        let before = self.accepted();
        let invocation = tokio::spawn(async move { pool.invoke(event).await });
        while self.accepted() == before && !invocation.is_finished() {
            tokio::task::yield_now().await;
        }
        invocation
    }

    fn accepted(&self) -> usize {
        let state = self.pool.state();
        let working = state.instances.values().filter(|instance| instance.current.is_some()).count();
        state.queue.len().saturating_add(working)
    }

    async fn running(&self, count: usize) {
        self.pool.running.subscribe().wait_for(|running| *running == count).await.unwrap();
    }
}

#[tokio::test]
async fn an_event_goes_to_an_instance_and_its_answer_back() {
    let fixture = sleeping(MINUTE);
    let started = fixture.pool.launch();
    let invocation = fixture.invoke("r1").await;
    let next = fixture.pool.next(1).await.unwrap();
    started.await.unwrap().unwrap();
    assert_eq!(next.event.request_id, "r1");
    assert!(!fixture.pool.answer(1, "another", Ok(Bytes::new())), "not the request under way");
    assert!(fixture.pool.answer(1, "r1", Ok(Bytes::from("done"))));
    assert!(!fixture.pool.answer(1, "r1", Ok(Bytes::new())), "answered already");
    assert_eq!(invocation.await.unwrap().unwrap(), "done");
}

#[tokio::test]
async fn instances_are_added_up_to_the_bound_while_all_are_busy() {
    let fixture = sleeping(MINUTE);
    let mut invocations = Vec::new();
    for number in 0..6 {
        invocations.push(fixture.invoke(&format!("r{number}")).await);
    }
    fixture.running(MAX_INSTANCES).await;
    for id in 1..=4 {
        fixture.pool.next(id).await.unwrap();
    }
    assert_eq!(fixture.pool.state().queue.len(), 2);
    assert!(fixture.pool.answer(2, "r1", Ok(Bytes::new())));
    assert_eq!(fixture.pool.next(2).await.unwrap().event.request_id, "r4", "the queue is served in order");
}

#[tokio::test]
async fn an_instance_that_ends_takes_its_event_with_it_and_is_replaced() {
    let fixture = sleeping(MINUTE);
    drop(fixture.pool.launch());
    let invocation = fixture.invoke("r1").await;
    fixture.pool.next(1).await.unwrap();
    fixture.pool.kill(1, "another");
    fixture.pool.kill(1, "r1");
    assert_eq!(invocation.await.unwrap(), Err(InvokeError::Failed));
    fixture.running(1).await;
    let invocation = fixture.invoke("r2").await;
    assert_eq!(fixture.pool.next(2).await.unwrap().event.request_id, "r2");
    fixture.pool.answer(2, "r2", Err(InvokeError::Failed));
    assert_eq!(invocation.await.unwrap(), Err(InvokeError::Failed));
}

#[tokio::test]
async fn an_event_that_takes_too_long_is_given_up_with_its_instance() {
    let fixture = sleeping(Duration::from_millis(20));
    drop(fixture.pool.launch());
    let invocation = fixture.invoke("r1").await;
    fixture.pool.next(1).await.unwrap();
    assert_eq!(invocation.await.unwrap(), Err(InvokeError::TimedOut));
    while fixture.pool.state().instances.contains_key(&1) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_function_that_does_not_start_says_why() {
    let fixture = pool("echo first >&2; echo second >&2; exit 3", MINUTE);
    let started = fixture.pool.launch();
    let invocation = fixture.invoke("r1").await;
    let ended = started.await.unwrap().unwrap_err();
    assert_eq!(ended.status, "exit status 3");
    assert_eq!(ended.last_lines, ["first", "second"]);
    assert_eq!(invocation.await.unwrap(), Err(InvokeError::Failed), "nobody is left to wait for");
}

#[tokio::test]
async fn a_closed_pool_has_no_processes_and_takes_no_events() {
    let fixture = sleeping(MINUTE);
    drop(fixture.pool.launch());
    let invocation = fixture.invoke("r1").await;
    fixture.pool.next(1).await.unwrap();
    fixture.pool.close().await;
    assert!(fixture.pool.state().instances.is_empty());
    assert_eq!(invocation.await.unwrap(), Err(InvokeError::Failed));
    assert_eq!(fixture.invoke("r2").await.await.unwrap(), Err(InvokeError::Busy));
}
