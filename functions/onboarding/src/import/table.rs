//! A table of applications as comma-separated values: its first row names the fields, each further one is a company.

use std::collections::HashSet;

use csv::{ReaderBuilder, StringRecord, Trim};
use domain::FieldError;
use edge::{MAX_ERRORS, Problem, shown_name};
use serde_json::{Map, Value, json};

/// The most applications of one table.
pub const MAX_ROWS: usize = 500;

/// The fields that a table has to have.
const REQUIRED: [&str; 9] = [
    "console_account_id",
    "legal_name",
    "country",
    "registration_number",
    "website",
    "contact_name",
    "contact_email",
    "contact_phone",
    "locale",
];

/// The fields that it may have besides.
const OPTIONAL: [&str; 1] = ["discount"];

/// What the columns of a contact begin with.
const CONTACT: &str = "contact_";

/// A row as the body of an application; one that has not one cell a column says so instead.
pub type Row = Result<Value, FieldError>;

/// Reads a table.
///
/// # Errors
/// 400 `invalid_csv`; 422 with the columns that are missing, unknown or there twice, or when there are no rows or too many.
pub fn read(text: &str) -> Result<Vec<Row>, Problem> {
    // Every quote of a table has its twin. One too many would swallow all rows after it.
    if text.bytes().filter(|byte| *byte == b'"').count() % 2 != 0 {
        return Err(Problem::invalid_csv());
    }
    let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(text.as_bytes());
    let columns = reader.headers().map_err(|_| Problem::invalid_csv())?.clone();
    check_columns(&columns)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        if rows.len() == MAX_ROWS {
            return Err(wrong_length());
        }
        rows.push(row(&columns, &record.map_err(|_| Problem::invalid_csv())?));
    }
    if rows.is_empty() { Err(wrong_length()) } else { Ok(rows) }
}

fn wrong_length() -> Problem {
    let message = format!("must be 1 to {MAX_ROWS} below the row that names the columns");
    Problem::validation_failed(vec![FieldError::new("rows", "wrong_length", message)])
}

fn check_columns(columns: &StringRecord) -> Result<(), Problem> {
    let mut errors = Vec::new();
    let mut seen = HashSet::new();
    // No more than that are named; one with so many columns is refused in any case.
    for column in columns.iter().take(MAX_ERRORS) {
        if !REQUIRED.contains(&column) && !OPTIONAL.contains(&column) {
            errors.push(FieldError::new(shown_name(column), "unknown_field", "is not a column of this table"));
        } else if !seen.insert(column) {
            errors.push(FieldError::new(shown_name(column), "repeated", "stands twice"));
        }
    }
    let missing = REQUIRED.into_iter().filter(|column| !seen.contains(column));
    errors.extend(missing.map(|column| FieldError::new(column, "required", "is required")));
    if errors.is_empty() { Ok(()) } else { Err(Problem::validation_failed(errors)) }
}

fn row(columns: &StringRecord, cells: &StringRecord) -> Row {
    if cells.len() != columns.len() {
        let message = format!("must have {} cells, as many as there are columns", columns.len());
        return Err(FieldError::new("", "wrong_length", message));
    }
    let (mut fields, mut contact) = (Map::new(), Map::new());
    for (column, cell) in columns.iter().zip(cells) {
        // An empty cell says nothing.
        let value = if cell.is_empty() { Value::Null } else { Value::from(cell) };
        match column.strip_prefix(CONTACT) {
            Some(part) => contact.insert(part.to_owned(), value),
            None => fields.insert(column.to_owned(), value),
        };
    }
    fields.insert("contact".to_owned(), json!(contact));
    Ok(Value::Object(fields))
}

/// The column that holds a field of an application.
pub fn column_of(field: &str) -> String {
    match field.strip_prefix("contact.") {
        Some(part) => format!("{CONTACT}{part}"),
        None => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "console_account_id,legal_name,country,registration_number,website,contact_name,\
                          contact_email,contact_phone,locale,discount";
    const HANBIT: &str = "1234567890,\"Hanbit, Inc.\",KR,123-45,https://hanbit.example,Kim,kim@hanbit.example,123,ko,";

    fn errors(text: &str) -> Vec<(String, &'static str)> {
        let Err(problem) = read(text) else { return Vec::new() };
        problem.errors().iter().map(|error| (error.field.clone(), error.code)).collect()
    }

    #[test]
    fn a_row_is_the_body_of_an_application() {
        let expected = json!({
            "console_account_id": "1234567890", "legal_name": "Hanbit, Inc.", "country": "KR",
            "registration_number": "123-45", "website": "https://hanbit.example",
            "contact": {"name": "Kim", "email": "kim@hanbit.example", "phone": "123"}, "locale": "ko", "discount": null,
        });
        for text in [
            format!("{HEADER}\n{HANBIT}"),
            format!("{HEADER}\r\n{HANBIT}\r\n\r\n"),
            format!("{}\n{}", HEADER.replace(',', " , "), HANBIT.replace(",K", ", K")),
        ] {
            assert_eq!(read(&text).ok().unwrap(), [Ok(expected.clone())], "{text}");
        }
    }

    #[test]
    fn columns_may_stand_in_any_order_and_the_last_be_left_out() {
        let mut columns: Vec<&str> = HEADER.split(',').filter(|column| *column != "discount").collect();
        columns.reverse();
        let text = format!("{}\nko,1,k@x.example,Kim,https://x.example,1,KR,X,1234567890", columns.join(","));
        let row = read(&text).ok().unwrap().remove(0).unwrap();
        assert_eq!(
            (&row["locale"], &row["contact"]["email"], row.get("discount")),
            (&json!("ko"), &json!("k@x.example"), None)
        );
    }

    #[test]
    fn wrong_columns_are_all_named() {
        let text = format!("{}\n{HANBIT}", HEADER.replace("legal_name", "locale").replace("discount", "fax"));
        let expected = [("locale", "repeated"), ("fax", "unknown_field"), ("legal_name", "required")];
        assert_eq!(errors(&text), expected.map(|(field, code)| (field.to_owned(), code)));
        assert_eq!(errors(&HEADER.replace(',', ";")).len(), 10, "another separator makes one unknown column");
        assert_eq!(errors(&"x".repeat(1_000))[0].0.len(), 64);
        assert_eq!(errors(&"x,".repeat(1_000)).len(), MAX_ERRORS);
    }

    #[test]
    fn a_table_has_rows_and_not_too_many() {
        let of_rows = |count: usize| format!("{HEADER}\n{}", format!("{HANBIT}\n").repeat(count));
        assert_eq!(read(&of_rows(MAX_ROWS)).ok().unwrap().len(), MAX_ROWS);
        for text in [of_rows(0), of_rows(MAX_ROWS + 1)] {
            assert_eq!(errors(&text), [("rows".to_owned(), "wrong_length")]);
        }
        assert!(errors("").iter().any(|(_, code)| *code == "required"));
    }

    #[test]
    fn a_row_of_another_length_holds_up_no_other() {
        let rows = read(&format!("{HEADER}\n1234567890,X\n{HANBIT}\n{HANBIT},more")).ok().unwrap();
        let is_read: Vec<bool> = rows.iter().map(Result::is_ok).collect();
        assert_eq!(is_read, [false, true, false]);
    }

    #[test]
    fn a_quote_without_its_twin_swallows_nothing() {
        let text = format!("{HEADER}\n{}\n{HANBIT}", HANBIT.replacen('"', "", 1));
        assert_eq!(read(&text).err().unwrap().code(), "invalid_csv");
    }

    #[test]
    fn fields_are_named_as_their_columns() {
        assert_eq!(column_of("contact.email"), "contact_email");
        assert_eq!(column_of("legal_name"), "legal_name");
    }
}
