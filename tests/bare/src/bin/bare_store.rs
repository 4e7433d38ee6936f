//! A function with one handler, which sends one conditional transaction of four items.
//!
//! `BARE_WARM_UP` makes it read something before it asks for its first request.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use bare::Fault;
use lambda_http::{Body, Error, Request, RequestExt, Response, service_fn};

/// As many as a purchase writes.
const ITEMS: usize = 4;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (client, table) = (bare::client()?, std::env::var("TABLE_NAME")?);
    if std::env::var_os("BARE_WARM_UP").is_some() {
        let key = Some(key("warm-up", 0));
        let _outcome = client.get_item().table_name(&table).set_key(key).send().await;
    }
    let (client, table) = (&client, &table);
    lambda_http::run(service_fn(async |request: Request| {
        let id = request.lambda_context_ref().map(|context| context.request_id.clone()).unwrap_or_default();
        let body = request.into_body();
        Ok::<_, Error>(Response::builder().status(write(client, table, &id, &body).await?).body(body)?)
    }))
    .await
}

async fn write(client: &Client, table: &str, id: &str, body: &Body) -> Result<u16, Fault> {
    let text = String::from_utf8_lossy(body);
    let mut transaction = client.transact_write_items();
    for number in 0..ITEMS {
        let mut item = key(id, number);
        item.insert("text".to_owned(), AttributeValue::S(text.clone().into_owned()));
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(partition_key)")
            .build()?;
        transaction = transaction.transact_items(TransactWriteItem::builder().put(put).build());
    }
    transaction.send().await?;
    Ok(201)
}

fn key(id: &str, number: usize) -> HashMap<String, AttributeValue> {
    HashMap::from([
        ("partition_key".to_owned(), AttributeValue::S(format!("BARE#{id}"))),
        ("sort_key".to_owned(), AttributeValue::S(number.to_string())),
    ])
}
