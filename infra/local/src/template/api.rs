//! The HTTP API: who is let in, and which web pages may call it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::intrinsics::Resolver;
use super::{Resource, TemplateError, typed};

const KIND: &str = "AWS::Serverless::HttpApi";

/// What the API says about itself.
#[derive(Default)]
pub(super) struct Api {
    pub(super) default_authorizer: Option<String>,
    pub(super) authorizers: BTreeMap<String, JwtAuthorizer>,
    pub(super) cors: Option<Cors>,
}

/// A JWT authorizer: whose tokens are taken, and where they are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JwtAuthorizer {
    /// The request header that holds the token, lower case.
    pub(crate) header: String,
    pub(crate) issuer: String,
    pub(crate) audience: Vec<String>,
}

/// `CorsConfiguration`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Cors {
    #[serde(default)]
    pub(crate) allow_origins: Vec<String>,
    #[serde(default)]
    pub(crate) allow_methods: Vec<String>,
    #[serde(default)]
    pub(crate) allow_headers: Vec<String>,
    #[serde(default)]
    pub(crate) expose_headers: Vec<String>,
    #[serde(default)]
    pub(crate) allow_credentials: bool,
    /// Seconds.
    pub(crate) max_age: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Auth {
    default_authorizer: Option<String>,
    #[serde(default)]
    authorizers: BTreeMap<String, Authorizer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Authorizer {
    identity_source: String,
    jwt_configuration: JwtConfiguration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JwtConfiguration {
    issuer: String,
    audience: Vec<String>,
}

pub(super) fn read(resources: &[Resource<'_>], resolver: &Resolver<'_>) -> Result<Api, TemplateError> {
    let mut apis = resources.iter().filter(|resource| resource.kind == KIND);
    let Some(api) = apis.next() else {
        return Err(TemplateError::malformed("Resources", format!("has no {KIND}")));
    };
    if let Some(second) = apis.next() {
        return Err(TemplateError::malformed(second.id, "is a second HTTP API; the local stack serves one"));
    }
    let cors = match api.property("CorsConfiguration") {
        Some(cors) => Some(typed(&format!("{}.CorsConfiguration", api.id), resolver.resolve(cors)?)?),
        None => None,
    };
    let Some(auth) = api.property("Auth") else {
        return Ok(Api { cors, ..Api::default() });
    };
    let place = format!("{}.Auth", api.id);
    let auth: Auth = typed(&place, resolver.resolve(auth)?)?;
    let mut authorizers = BTreeMap::new();
    for (name, authorizer) in auth.authorizers {
        let header = authorizer.identity_source.strip_prefix("$request.header.").ok_or_else(|| {
            TemplateError::malformed(format!("{place}.{name}"), "takes its token from something other than a header")
        })?;
        let authorizer = JwtAuthorizer {
            header: header.to_ascii_lowercase(),
            issuer: authorizer.jwt_configuration.issuer,
            audience: authorizer.jwt_configuration.audience,
        };
        authorizers.insert(name, authorizer);
    }
    Ok(Api { default_authorizer: auth.default_authorizer, authorizers, cors })
}
