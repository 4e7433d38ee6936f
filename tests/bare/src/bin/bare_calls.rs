//! A function that answers every request by sending recorded calls of DynamoDB, those of the file `BARE_CALLS`: what they
//! cost at least where they are sent from a function.

use bare::calls::recorded;
use lambda_http::{Error, Request, Response, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let calls = recorded(&std::env::var("BARE_CALLS")?)?;
    let (client, calls) = (&bare::client()?, &calls);
    lambda_http::run(service_fn(async |request: Request| {
        for call in calls {
            call.send(client).await?;
        }
        Ok::<_, Error>(Response::builder().status(201).body(request.into_body())?)
    }))
    .await
}
