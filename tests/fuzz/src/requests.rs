//! Whole requests, from the gateway's event to the answer, for every route of every function.

use crate::answer;
use crate::call::Call;
use crate::program;

/// The route of a request and the status of its answer.
pub fn reached(input: &[u8]) -> Option<(&'static str, u16)> {
    program::with(|program| {
        let call = Call::read(input, &program.names)?;
        let (route, _) = call.route()?;
        let response = program.services.respond(&call, &program.claims("kim"))?;
        drop(program.services.store.take());
        Some((route.key.as_str(), response.status().as_u16()))
    })
}

/// Whatever is asked is answered in one of the forms that the design knows. Reading, previews and refusals write nothing.
pub fn target(input: &[u8]) {
    program::with(|program| {
        let Some(call) = Call::read(input, &program.names) else { return };
        let Some(response) = program.services.respond(&call, &program.claims("kim")) else { return };
        let answer = answer::check(&response);
        let given = program.services.store.take();
        let (route, _) = call.route().expect("a route");
        // Each of these is counted, or tells what became of every row, before it is known whether the next is good.
        let is_counted = ["registration-checks", "import"].iter().any(|end| route.key.ends_with(end));
        let may_write = call.method != "GET" && answer.status < 300 && answer.body["preview"] != true;
        assert!(may_write || is_counted || given.writes.is_empty(), "{answer:?} after {:?}", given.writes);
        assert!(
            given.events.is_empty() && given.letters.is_empty() && given.mails.is_empty(),
            "told from the request path"
        );
        if answer.body["preview"] == true && answer.body.get("kind").is_some() {
            assert!(answer.status == 200 && answer.body["posting_id"].is_null(), "{}", answer.body);
        }
    });
}
