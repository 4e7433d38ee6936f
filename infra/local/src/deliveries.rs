//! Events on their way: from streams and services over the buses and queues to functions.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::Notify;

use crate::aws;
use crate::bus::Buses;
use crate::calls::Calls;
use crate::clock::Clock;
use crate::faults::Faults;
use crate::functions::{Functions, Log};
use crate::journal::Journal;
use crate::mail::Mails;
use crate::queues::{Consumer, Queues};
use crate::servers::Servers;
use crate::services::Parts;
use crate::store::StoreClient;
use crate::stream::{Feeder, Source};
use crate::template::Template;

/// What the template says of events, and what is on its way.
pub(crate) struct Deliveries {
    parts: Parts,
    journal: Journal,
    clock: Clock,
    log: Arc<Log>,
}

impl Deliveries {
    /// Deliveries that go on where the journal ends.
    pub(crate) fn new(template: &Template, journal: Journal, clock: &Clock, log: &Arc<Log>) -> Deliveries {
        let queues = Queues::new(&template.queues, journal.clone(), clock.clone());
        let buses = Buses::new(template.buses.clone(), template.rules.clone(), queues.clone(), clock.clone());
        let mails = Mails::new(template.mail_configurations.clone(), buses.clone(), clock.clone());
        let (calls, faults, written) = (Calls::default(), Faults::default(), Arc::new(Notify::new()));
        let parts = Parts { calls, faults, buses, mails, queues, written };
        Deliveries { parts, journal, clock: clock.clone(), log: Arc::clone(log) }
    }

    /// What services are made of.
    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Delivers as long as `servers` run: messages, and the changes in the store if there is one to look at, with the
    /// file of the built-in one.
    pub(crate) fn begin(
        &self,
        template: &Template,
        functions: &Functions,
        store: Option<(&StoreClient, Option<&Path>)>,
        servers: &mut Servers,
    ) {
        let Deliveries { parts, journal, clock, log } = self;
        for mapping in &template.queue_mappings {
            let Some(pool) = functions.get(&mapping.mapping.function) else { continue };
            if let Some(consumer) = Consumer::new(mapping.clone(), &parts.queues, pool, (clock, &parts.faults, log)) {
                servers.run(|stop| consumer.run(stop));
            }
        }
        let Some((store, file)) = store else { return };
        for mapping in &template.stream_mappings {
            let Some(pool) = functions.get(&mapping.mapping.function) else { continue };
            let table = template.tables.iter().find(|table| aws::stream_arn(&table.name) == mapping.mapping.source);
            let Some(table) = table.map(|table| table.name.clone()) else { continue };
            let feeder = Feeder::new(mapping.clone(), pool, clock, journal, (log, &parts.written));
            let source = Source { store: store.clone(), table, file: file.map(Path::to_owned) };
            servers.run(|stop| feeder.run(source, stop));
        }
    }
}
