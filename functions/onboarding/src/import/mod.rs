//! Many applications at once, from a table: each row is an application of its own, and none holds up another.

mod table;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use domain::FieldError;
use domain::application::{Application, ApplicationStatus};
use domain::verification::Outcome;
use edge::{Authorised, Fields, Problem, Reply};
use futures_util::{StreamExt, stream};
use ledger::{Replayed, UniqueName};
use serde::Serialize;
use serde_json::Value;

use crate::Onboarding;
use crate::applications::{self, Submission};

/// How many rows are verified side by side. They are stored one after the other, as each counts on the same parent.
const ROWS_AT_ONCE: usize = 8;

/// No row is begun when the request has been at work for so long.
const BEGIN_UNTIL: Duration = Duration::from_secs(22);

/// What is under way then is given up, so that there is an answer within the function's timeout of 29 s.
const ANSWER_BY: Duration = Duration::from_secs(27);

#[derive(Serialize)]
struct Answer {
    rows: Vec<RowAnswer>,
}

/// What became of a row.
#[derive(Debug, Default, Serialize)]
struct RowAnswer {
    /// Its number: 1 is the first below the row that names the columns.
    row: usize,
    /// A status of an application; `refused` where none was made; `unprocessed` where it may be sent again.
    status: &'static str,
    application_id: Option<String>,
    account_id: Option<String>,
    code: Option<&'static str>,
    errors: Vec<RowError>,
}

#[derive(Debug, Serialize)]
struct RowError {
    /// The column, the check that failed, or nothing when it is the row as a whole.
    field: String,
    code: &'static str,
    message: String,
}

/// A row that can be applied with.
struct Candidate {
    number: usize,
    body: Value,
    submission: Submission,
}

/// `POST /accounts/{id}/applications/import`: applies for a child with every row of a table, and answers for each. Sent
/// again with the same key, rows that were applied with answer as before.
pub async fn import(onboarding: &Onboarding, request: &Authorised) -> Result<Reply, Problem> {
    let begun = Instant::now();
    let rows = table::read(request.csv()?)?;
    request.idempotency_key_of_row(0, &Value::Null)?;
    let (mut answers, mut candidates) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for (index, row) in rows.into_iter().enumerate() {
        let number = index.saturating_add(1);
        match read(number, row) {
            Ok(candidate) => candidates.push(candidate),
            Err(answer) => answers.push(answer),
        }
    }
    // A row that names a company once more is verified when it is known what became of the one before.
    let (first, again) = split(candidates);
    let applied = stream::iter(first).map(|row| apply(onboarding, request, row, begun)).buffer_unordered(ROWS_AT_ONCE);
    answers.extend(applied.collect::<Vec<RowAnswer>>().await);
    for row in again {
        answers.push(apply(onboarding, request, row, begun).await);
    }
    answers.sort_by_key(|answer| answer.row);
    Reply::ok(&Answer { rows: answers })
}

fn read(number: usize, row: table::Row) -> Result<Candidate, RowAnswer> {
    let refused = |errors: &[FieldError]| RowAnswer {
        row: number,
        status: "refused",
        code: Some("validation_failed"),
        errors: errors.iter().map(row_error).collect(),
        ..RowAnswer::default()
    };
    let body = row.map_err(|error| refused(&[error]))?;
    match Submission::read(Fields::of(body.clone())) {
        Ok(submission) => Ok(Candidate { number, body, submission }),
        Err(problem) => Err(refused(problem.errors())),
    }
}

fn row_error(error: &FieldError) -> RowError {
    RowError { field: table::column_of(&error.field), code: error.code, message: error.message.clone() }
}

/// The first row of every company, and those that use one of its names again: what becomes of the first may have a person
/// look at them.
fn split(candidates: Vec<Candidate>) -> (Vec<Candidate>, Vec<Candidate>) {
    let mut seen = HashSet::new();
    candidates.into_iter().partition(|candidate| {
        let names: Vec<_> = UniqueName::all(&candidate.submission.company).iter().map(UniqueName::parts).collect();
        let is_first = !names.iter().any(|name| seen.contains(name));
        seen.extend(names);
        is_first
    })
}

async fn apply(onboarding: &Onboarding, request: &Authorised, row: Candidate, begun: Instant) -> RowAnswer {
    let number = row.number;
    let unprocessed = |code| RowAnswer { row: number, status: "unprocessed", code, ..RowAnswer::default() };
    if begun.elapsed() > BEGIN_UNTIL {
        return unprocessed(None);
    }
    let applied = async {
        let key = request.idempotency_key_of_row(number, &row.body)?;
        applications::submit(onboarding, request, row.submission, key).await
    };
    match tokio::time::timeout(ANSWER_BY.saturating_sub(begun.elapsed()), applied).await {
        Err(_) => unprocessed(None),
        Ok(Ok(Replayed::First(application) | Replayed::Again(application))) => of_application(number, &application),
        Ok(Err(problem)) if problem.is_transient() => {
            tracing::error!(
                service = "onboarding",
                row = number,
                code = problem.code(),
                cause = problem.cause(),
                "row failed"
            );
            unprocessed(Some(problem.code()))
        }
        Ok(Err(problem)) => RowAnswer {
            row: number,
            status: "refused",
            code: Some(problem.code()),
            errors: problem.errors().iter().map(row_error).collect(),
            ..RowAnswer::default()
        },
    }
}

/// A rejected application says which checks failed.
fn of_application(number: usize, application: &Application) -> RowAnswer {
    let is_rejected = application.status == ApplicationStatus::Rejected;
    let failed = application.checks.iter().filter(|check| is_rejected && check.outcome == Outcome::Fail);
    let errors = failed.map(|check| RowError {
        field: check.name.name().to_owned(),
        code: "check_failed",
        message: check.reason.clone(),
    });
    RowAnswer {
        row: number,
        status: application.status.name(),
        application_id: Some(application.id.to_string()),
        account_id: application.account_id.map(|id| id.to_string()),
        code: None,
        errors: errors.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body(console_account_id: &str, number: &str) -> Value {
        json!({
            "console_account_id": console_account_id, "legal_name": format!("Hanbit {console_account_id}"), "country": "KR",
            "registration_number": number, "website": "https://hanbit.example",
            "contact": {"name": "Kim", "email": "kim@gmail.com", "phone": "123"}, "locale": "ko", "discount": null,
        })
    }

    #[test]
    fn a_bad_row_names_its_columns() {
        let mut bad = body("12", "1");
        bad["contact"]["email"] = json!("kim");
        let answer = read(3, Ok(bad)).err().unwrap();
        let fields: Vec<&str> = answer.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!((answer.row, answer.status, fields), (3, "refused", vec!["console_account_id", "contact_email"]));
        let shown = serde_json::to_value(&answer).unwrap();
        assert_eq!((&shown["code"], &shown["application_id"]), (&json!("validation_failed"), &Value::Null));
    }

    #[test]
    fn a_row_with_a_name_or_a_mail_domain_of_an_earlier_one_waits_for_it() {
        let row = |number: usize, name: &str, email: &str| {
            let mut body = body(&format!("100000000{number}"), &number.to_string());
            (body["legal_name"], body["contact"]["email"]) = (json!(name), json!(email));
            read(number, Ok(body)).ok().unwrap()
        };
        let rows = [
            row(1, "Hanbit", "kim@hanbit.example"),
            row(2, "Hanbit Ltd.", "lee@other.example"),
            row(3, "Third", "park@HANBIT.example"),
            row(4, "Fourth", "choi@gmail.com"),
            row(5, "Fifth", "seo@gmail.com"),
        ];
        let (first, again) = split(rows.into());
        let numbers = |rows: &[Candidate]| rows.iter().map(|row| row.number).collect::<Vec<_>>();
        assert_eq!((numbers(&first), numbers(&again)), (vec![1, 4, 5], vec![2, 3]));
    }

    #[test]
    fn a_company_that_is_named_again_waits_for_the_first() {
        let rows = [
            ("1000000001", "1-2"),
            ("1000000002", "12"),
            ("1000000003", "3"),
            ("1000000003", "4"),
            ("1000000004", "４"),
        ];
        let candidates = rows.into_iter().enumerate();
        let candidates =
            candidates.map(|(number, (id, registration))| read(number, Ok(body(id, registration))).ok().unwrap());
        let (first, again) = split(candidates.collect());
        let numbers = |rows: &[Candidate]| rows.iter().map(|row| row.number).collect::<Vec<_>>();
        assert_eq!((numbers(&first), numbers(&again)), (vec![0, 2], vec![1, 3, 4]));
    }
}
