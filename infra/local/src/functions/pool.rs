//! The instances of one function, and the events that wait for them.
//!
//! As on Lambda, an instance works on one event at a time. A further instance starts while all are busy, up to a bound;
//! beyond it events queue. An instance that ends takes its event with it and is replaced.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::timeout;

use super::event::Event;
use super::process::{Ended, Program, Spawner};
use crate::clock::Clock;
use crate::rights::Rights;

/// How many processes of one function may run at once.
const MAX_INSTANCES: usize = 4;
/// How many events may wait for an instance; more are turned away.
const MAX_QUEUE: usize = 1_000;
/// How long an event may wait for an instance: API Gateway waits no longer for its answer.
const QUEUE_LIMIT: Duration = Duration::from_secs(30);

/// Names an instance within its function.
pub(crate) type InstanceId = u64;

/// An event as an instance gets it.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) event: Event,
    /// Milliseconds since 1970, by the stack's clock.
    pub(crate) deadline_ms: i64,
}

/// Why an event has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvokeError {
    /// Too many events are waiting, or the stack is stopping.
    #[error("too many events are waiting")]
    Busy,
    /// The function took longer than the template allows, or no instance became free.
    #[error("it took too long")]
    TimedOut,
    /// The function reported an error, ended, or does not start.
    #[error("it failed")]
    Failed,
}

/// How an instance did not get as far as asking for an event.
pub(crate) type StartResult = Result<(), Ended>;

/// An event that is waiting or being worked on.
struct Work {
    event: Event,
    /// Told which instance took it.
    taken: oneshot::Sender<InstanceId>,
    reply: oneshot::Sender<Result<Bytes, InvokeError>>,
}

struct Current {
    request_id: String,
    reply: oneshot::Sender<Result<Bytes, InvokeError>>,
}

struct Instance {
    kill: Arc<Notify>,
    /// Present until it first asks for an event.
    starting: Option<oneshot::Sender<StartResult>>,
    current: Option<Current>,
}

#[derive(Default)]
struct State {
    instances: HashMap<InstanceId, Instance>,
    /// Those that wait for an event, the one that worked last at the end: it is used first, its caches being warm.
    idle: Vec<(InstanceId, oneshot::Sender<Invocation>)>,
    queue: VecDeque<Work>,
    last_id: InstanceId,
    closed: bool,
}

/// All instances of one function.
pub(crate) struct Pool {
    program: Program,
    spawner: Spawner,
    clock: Clock,
    state: Mutex<State>,
    running: watch::Sender<usize>,
}

impl Pool {
    pub(crate) fn new(program: Program, spawner: Spawner, clock: Clock) -> Arc<Pool> {
        let state = Mutex::new(State::default());
        Arc::new(Pool { program, spawner, clock, state, running: watch::Sender::new(0) })
    }

    /// The function's name.
    pub(crate) fn name(&self) -> &str {
        &self.program.function.binary
    }

    /// What the function may do.
    pub(crate) fn rights(&self) -> &Rights {
        &self.program.function.rights
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock, and every change is complete before the next begins.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts one more instance; the answer comes when it asks for an event, or ends before.
    pub(crate) fn launch(self: &Arc<Pool>) -> oneshot::Receiver<StartResult> {
        let (starting, started) = oneshot::channel();
        let mut state = self.state();
        state.last_id = state.last_id.saturating_add(1);
        let id = state.last_id;
        let kill = Arc::new(Notify::new());
        if !state.closed {
            let instance = Instance { kill: Arc::clone(&kill), starting: Some(starting), current: None };
            state.instances.insert(id, instance);
            self.running.send_replace(state.instances.len());
            tokio::spawn(Arc::clone(self).attend(id, kill));
        }
        started
    }

    async fn attend(self: Arc<Pool>, id: InstanceId, kill: Arc<Notify>) {
        let path = format!("{}/{id}", self.name());
        let ended = match self.spawner.start(&self.program, &path).await {
            Ok(process) => process.run(kill.notified()).await,
            Err(error) => Ended { status: format!("it could not be started: {error}"), last_lines: Vec::new() },
        };
        self.ended(id, ended);
    }

    fn ended(self: &Arc<Pool>, id: InstanceId, ended: Ended) {
        let mut state = self.state();
        let Some(instance) = state.instances.remove(&id) else { return };
        self.running.send_replace(state.instances.len());
        state.idle.retain(|(idle, _)| *idle != id);
        let Some(starting) = instance.starting else {
            // It had been working, so a replacement can be expected to work as well.
            self.program.log.line(format!("{}: instance {id} ended: {}", self.name(), ended.status).as_bytes());
            let is_wanted = !state.closed && (state.instances.is_empty() || !state.queue.is_empty());
            drop(state);
            if is_wanted {
                drop(self.launch());
            }
            return;
        };
        // Starting it again would fail again; the next event tries. What waits has nobody to wait for.
        if state.instances.is_empty() {
            state.queue.clear();
        }
        self.program.log.line(format!("{}: instance {id} did not start: {}", self.name(), ended.status).as_bytes());
        // Nobody waits for the start of instances beyond the first.
        let _ = starting.send(Err(ended));
    }

    /// Has the function work on an event; answers with what it said.
    pub(crate) async fn invoke(self: &Arc<Pool>, event: Event) -> Result<Bytes, InvokeError> {
        let (taken, is_taken) = oneshot::channel();
        let (reply, answer) = oneshot::channel();
        let request_id = event.request_id.clone();
        self.hand_out(Work { event, taken, reply })?;
        let instance = match timeout(QUEUE_LIMIT, is_taken).await {
            Ok(Ok(instance)) => instance,
            Ok(Err(_)) => return Err(InvokeError::Failed),
            Err(_) => return Err(InvokeError::TimedOut),
        };
        match timeout(self.program.function.timeout, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(InvokeError::Failed),
            Err(_) => {
                self.kill(instance, &request_id);
                Err(InvokeError::TimedOut)
            }
        }
    }

    /// Gives the work to an idle instance, or queues it and sees to it that there is one more instance to come.
    fn hand_out(self: &Arc<Pool>, work: Work) -> Result<(), InvokeError> {
        let mut state = self.state();
        if state.closed || state.queue.len() >= MAX_QUEUE {
            return Err(InvokeError::Busy);
        }
        let mut work = work;
        while let Some((id, waiting)) = state.idle.pop() {
            match self.assign(&mut state, id, work, waiting) {
                None => return Ok(()),
                Some(returned) => work = returned,
            }
        }
        state.queue.push_back(work);
        let starting = state.instances.values().filter(|instance| instance.starting.is_some()).count();
        let is_short = state.queue.len() > starting && state.instances.len() < MAX_INSTANCES;
        drop(state);
        if is_short {
            drop(self.launch());
        }
        Ok(())
    }

    /// Hands the work to a waiting instance. Gives it back when that instance has hung up.
    fn assign(
        &self,
        state: &mut State,
        id: InstanceId,
        work: Work,
        waiting: oneshot::Sender<Invocation>,
    ) -> Option<Work> {
        let Some(instance) = state.instances.get_mut(&id) else { return Some(work) };
        let Work { event, taken, reply } = work;
        let request_id = event.request_id.clone();
        match waiting.send(self.invocation(event)) {
            Ok(()) => {
                instance.current = Some(Current { request_id, reply });
                // The caller waits for it unless it has given up, which the instance finds out by answering.
                let _ = taken.send(id);
                None
            }
            Err(Invocation { event, .. }) => Some(Work { event, taken, reply }),
        }
    }

    fn invocation(&self, event: Event) -> Invocation {
        let limit_ms = i64::try_from(self.program.function.timeout.as_millis()).unwrap_or(i64::MAX);
        Invocation { event, deadline_ms: self.clock.epoch_ms().saturating_add(limit_ms) }
    }

    /// The next event for an instance, when there is one; `None` if there is no such instance.
    pub(crate) async fn next(&self, id: InstanceId) -> Option<Invocation> {
        let waiting = {
            let mut state = self.state();
            let State { instances, queue, idle, .. } = &mut *state;
            let instance = instances.get_mut(&id)?;
            if let Some(starting) = instance.starting.take() {
                // Nobody waits for the start of instances beyond the first.
                let _ = starting.send(Ok(()));
            }
            // Whoever asks for the next event without having answered the last one has dropped that.
            instance.current = None;
            // Events whose caller has given up are not worth the work.
            while let Some(Work { event, taken, reply }) = queue.pop_front() {
                if taken.send(id).is_ok() {
                    instance.current = Some(Current { request_id: event.request_id.clone(), reply });
                    return Some(self.invocation(event));
                }
            }
            let (sender, waiting) = oneshot::channel();
            idle.retain(|(other, _)| *other != id);
            idle.push((id, sender));
            waiting
        };
        waiting.await.ok()
    }

    /// Takes an instance's answer. False if it was not working on that request.
    pub(crate) fn answer(&self, id: InstanceId, request_id: &str, answer: Result<Bytes, InvokeError>) -> bool {
        let current = {
            let mut state = self.state();
            state
                .instances
                .get_mut(&id)
                .and_then(|instance| instance.current.take_if(|current| current.request_id == request_id))
        };
        match current {
            // The caller may have given up meanwhile.
            Some(current) => {
                let _ = current.reply.send(answer);
                true
            }
            None => false,
        }
    }

    /// Ends an instance if it still works on that request.
    fn kill(&self, id: InstanceId, request_id: &str) {
        if let Some(instance) = self.state().instances.get(&id)
            && instance.current.as_ref().is_some_and(|current| current.request_id == request_id)
        {
            instance.kill.notify_one();
        }
    }

    /// Ends an instance as a crash would, and waits until its process is gone. False if there is none.
    pub(crate) async fn crash(&self, id: InstanceId) -> bool {
        // Looked at before the instance is, so that no end is missed.
        let mut running = self.running.subscribe();
        let Some(kill) = self.state().instances.get(&id).map(|instance| Arc::clone(&instance.kill)) else {
            return false;
        };
        kill.notify_one();
        while self.state().instances.contains_key(&id) {
            // It fails only when the sender is gone, which this pool holds.
            let _ = running.changed().await;
        }
        true
    }

    /// Whether an instance is there.
    #[cfg(test)]
    pub(crate) fn is_running(&self, id: InstanceId) -> bool {
        self.state().instances.contains_key(&id)
    }

    /// Ends all instances, takes no more events, and waits until the processes are gone.
    pub(crate) async fn close(&self) {
        {
            let mut state = self.state();
            state.closed = true;
            state.queue.clear();
            for instance in state.instances.values() {
                instance.kill.notify_one();
            }
        }
        // It fails only when the sender is gone, which this pool holds.
        let _ = self.running.subscribe().wait_for(|running| *running == 0).await;
    }
}

#[cfg(test)]
mod tests;
