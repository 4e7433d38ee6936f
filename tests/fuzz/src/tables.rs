//! Tables of applications as comma-separated values.

use crate::answer::{self, fault};
use crate::call::Call;
use crate::program;

/// The most rows.
const MAX_ROWS: usize = 500;

/// Every row of what is accepted as a table is answered, in order; what is wrong with one names columns.
pub fn target(input: &[u8]) {
    program::with(|program| {
        let call = Call {
            method: "POST".to_owned(),
            path: format!("/v1/accounts/{}/applications/import", program.id("reseller")),
            query: String::new(),
            headers: vec![("content-type".to_owned(), "text/csv".to_owned())],
            body: input.to_vec(),
        };
        let response = program.services.respond(&call, &program.claims("kim")).expect("a route");
        let answer = answer::check(&response);
        drop(program.services.store.take());
        if answer.status != 200 {
            assert!(matches!(answer.status, 400 | 413 | 422), "{}", answer.body);
            return;
        }
        let rows = answer.body["rows"].as_array().expect("rows");
        assert!((1..=MAX_ROWS).contains(&rows.len()), "{} rows", rows.len());
        for (index, row) in rows.iter().enumerate() {
            assert_eq!(row["row"], index + 1, "in order");
            let errors = row["errors"].as_array().expect("errors");
            errors.iter().for_each(fault);
            let is_refused = row["status"] == "refused";
            assert!(!is_refused || row["code"].is_string(), "{row}");
            assert!(row["code"] != "validation_failed" || !errors.is_empty(), "{row}");
            assert_eq!(row["application_id"].is_null(), is_refused || row["status"] == "unprocessed", "{row}");
        }
    });
}
