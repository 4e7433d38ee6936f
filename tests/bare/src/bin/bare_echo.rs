//! A function that answers every request with its body.

use lambda_http::{Error, Request, Response, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::run(service_fn(async |request: Request| {
        Ok::<_, Error>(Response::builder().status(201).body(request.into_body())?)
    }))
    .await
}
