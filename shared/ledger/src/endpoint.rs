//! Where the table's calls go, found out once.

use std::sync::OnceLock;

use aws_sdk_dynamodb::config::endpoint::{DefaultResolver, Endpoint, EndpointFuture, Params, ResolveEndpoint};

/// The SDK's own rules, asked at the first call only. What they depend on does not change from call to call: region and
/// endpoint are given when a client is made, all calls are of one table and none searches vectors, and without an account
/// id in the credentials no AWS account has an endpoint of its own.
#[derive(Debug, Default)]
pub(crate) struct OneEndpoint {
    rules: DefaultResolver,
    found: OnceLock<Endpoint>,
}

impl ResolveEndpoint for OneEndpoint {
    fn resolve_endpoint<'a>(&'a self, params: &'a Params) -> EndpointFuture<'a> {
        if let Some(found) = self.found.get() {
            return EndpointFuture::ready(Ok(found.clone()));
        }
        EndpointFuture::new(async {
            let found = self.rules.resolve_endpoint(params).await?;
            Ok(self.found.get_or_init(|| found).clone())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_rules_are_asked_once() {
        let endpoint = OneEndpoint::default();
        let mut found = Vec::new();
        for region in ["eu-central-1", "us-east-1"] {
            let params = Params::builder().region(region).build().unwrap();
            found.push(endpoint.resolve_endpoint(&params).await.unwrap().url().to_owned());
        }
        assert_eq!(found, ["https://dynamodb.eu-central-1.amazonaws.com"; 2]);
    }
}
