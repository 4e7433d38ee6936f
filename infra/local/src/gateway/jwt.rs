//! The JWT authorizer: whether a token lets a request in, decided as API Gateway decides it.

use axum::http::HeaderMap;
use jsonwebtoken::{Algorithm, Validation};
use serde_json::{Map, Value as Json};

use super::event::Authorized;
use crate::clock::Clock;
use crate::template::JwtAuthorizer;
use crate::tokens::VerifyingKey;

/// Takes tokens of one issuer.
pub(super) struct Authorizer {
    expected: JwtAuthorizer,
    key: VerifyingKey,
    validation: Validation,
    clock: Clock,
}

/// Why a request is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Missing,
    Malformed,
    WrongAlgorithm,
    UnknownKey,
    BadSignature,
    WrongIssuer,
    WrongAudience,
    Expired,
    NotYetValid,
}

impl Refusal {
    /// What the caller is told; nothing when there is no token.
    pub(super) fn description(self) -> Option<&'static str> {
        match self {
            Refusal::Missing => None,
            Refusal::Malformed => Some("the token is not well formed"),
            Refusal::WrongAlgorithm => Some("the token's signing method is not RS256"),
            Refusal::UnknownKey => Some("the token's signing key is not known"),
            Refusal::BadSignature => Some("the token's signature is not valid"),
            Refusal::WrongIssuer => Some("the token's issuer is not the expected one"),
            Refusal::WrongAudience => Some("the token is for another audience"),
            Refusal::Expired => Some("the token has expired"),
            Refusal::NotYetValid => Some("the token is not valid yet"),
        }
    }
}

impl Authorizer {
    pub(super) fn new(expected: JwtAuthorizer, key: VerifyingKey, clock: Clock) -> Authorizer {
        // The library checks the signature alone. Times are checked here, by the stack's clock.
        let mut validation = Validation::new(Algorithm::RS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        Authorizer { expected, key, validation, clock }
    }

    /// The claims of the request's token.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<Authorized, Refusal> {
        let value = headers.get(&*self.expected.header).ok_or(Refusal::Missing)?;
        let value = value.to_str().map_err(|_| Refusal::Malformed)?.trim();
        // API Gateway takes a token with and without the scheme's name.
        let token = match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            _ => value,
        };
        if token.is_empty() {
            return Err(Refusal::Missing);
        }
        let claims = self.verified(token)?;
        self.check_claims(&claims)?;
        Ok(Authorized { claims: claims.into_iter().map(|(name, value)| (name, as_text(value))).collect() })
    }

    fn verified(&self, token: &str) -> Result<Map<String, Json>, Refusal> {
        // Unsigned tokens and algorithms that the library does not know end here as malformed.
        let header = jsonwebtoken::decode_header(token).map_err(|_| Refusal::Malformed)?;
        if header.alg != Algorithm::RS256 {
            return Err(Refusal::WrongAlgorithm);
        }
        if header.kid.as_deref() != Some(&*self.key.id) {
            return Err(Refusal::UnknownKey);
        }
        jsonwebtoken::decode(token, &self.key.key, &self.validation)
            .map(|decoded| decoded.claims)
            .map_err(|_| Refusal::BadSignature)
    }

    fn check_claims(&self, claims: &Map<String, Json>) -> Result<(), Refusal> {
        if claims.get("iss").and_then(Json::as_str) != Some(&*self.expected.issuer) {
            return Err(Refusal::WrongIssuer);
        }
        // Access tokens of some providers name their client instead of an audience.
        let audience = claims.get("aud").or_else(|| claims.get("client_id"));
        let is_for_us = |audience: &Json| {
            audience.as_str().is_some_and(|audience| self.expected.audience.iter().any(|ours| ours == audience))
        };
        let is_addressed = match audience {
            Some(Json::Array(audiences)) => audiences.iter().any(is_for_us),
            Some(audience) => is_for_us(audience),
            None => false,
        };
        if !is_addressed {
            return Err(Refusal::WrongAudience);
        }
        let now = self.clock.epoch_seconds();
        match seconds(claims, "exp")? {
            Some(expiry) if expiry > now => {}
            Some(_) | None => return Err(Refusal::Expired),
        }
        for name in ["nbf", "iat"] {
            if seconds(claims, name)?.is_some_and(|start| start > now) {
                return Err(Refusal::NotYetValid);
            }
        }
        Ok(())
    }
}

/// A time claim, whole seconds since 1970.
fn seconds(claims: &Map<String, Json>, name: &str) -> Result<Option<i64>, Refusal> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or(Refusal::Malformed),
    }
}

/// Claims reach functions as text, whatever they are in the token; lists as API Gateway writes them.
fn as_text(value: Json) -> String {
    match value {
        Json::String(text) => text,
        Json::Array(entries) => {
            let entries: Vec<String> = entries.into_iter().map(as_text).collect();
            format!("[{}]", entries.join(" "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "seconds near today")]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use jsonwebtoken::{EncodingKey, Header};
    use serde_json::json;

    use super::*;
    use crate::tokens::{AUDIENCE, ISSUER, Issuer};

    struct Fixture {
        issuer: Issuer,
        authorizer: Authorizer,
        now: i64,
    }

    fn fixture() -> Fixture {
        let clock = Clock::default();
        let issuer = Issuer::new(clock.clone()).unwrap();
        let expected = JwtAuthorizer {
            header: "authorization".to_owned(),
            issuer: ISSUER.to_owned(),
            audience: vec![AUDIENCE.to_owned()],
        };
        let authorizer = Authorizer::new(expected, issuer.verifying_key().clone(), clock.clone());
        Fixture { issuer, authorizer, now: clock.epoch_seconds() }
    }

    impl Fixture {
        fn check(&self, authorization: &str) -> Result<Authorized, Refusal> {
            let mut headers = HeaderMap::new();
            headers.insert("authorization", authorization.parse().unwrap());
            self.authorizer.check(&headers)
        }

        /// The verdict on a good token with some claims changed; null takes a claim away.
        fn check_with(&self, changes: Json) -> Result<Authorized, Refusal> {
            let mut claims =
                json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "u", "iat": self.now, "exp": self.now + 60 });
            for (name, value) in changes.as_object().unwrap() {
                claims[name] = value.clone();
            }
            claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            self.check(&self.issuer.sign(&claims).unwrap())
        }
    }

    #[test]
    fn good_tokens_give_their_claims_as_text() {
        let fixture = fixture();
        let token = fixture.issuer.token("u", "u@name.example", "acc_1:admin acc_2:viewer").unwrap();
        for authorization in [format!("Bearer {token}"), format!("bearer  {token}"), token] {
            let claims = fixture.check(&authorization).unwrap().claims;
            assert_eq!(claims["sub"], "u");
            assert_eq!(claims["memberships"], "acc_1:admin acc_2:viewer");
            assert_eq!(claims["exp"].parse::<i64>().unwrap(), claims["iat"].parse::<i64>().unwrap() + 3_600);
        }
        let claims = fixture.check_with(json!({ "groups": ["a", 1], "flag": true })).unwrap().claims;
        assert_eq!((&*claims["groups"], &*claims["flag"]), ("[a 1]", "true"));
    }

    #[test]
    fn claims_are_checked() {
        let fixture = fixture();
        let now = fixture.now;
        for (changes, refusal) in [
            (json!({ "iss": "https://other.example" }), Refusal::WrongIssuer),
            (json!({ "iss": null }), Refusal::WrongIssuer),
            (json!({ "aud": "other" }), Refusal::WrongAudience),
            (json!({ "aud": ["other"] }), Refusal::WrongAudience),
            (json!({ "aud": null }), Refusal::WrongAudience),
            (json!({ "exp": now - 1 }), Refusal::Expired),
            (json!({ "exp": null }), Refusal::Expired),
            (json!({ "exp": "tomorrow" }), Refusal::Malformed),
            (json!({ "nbf": now + 60 }), Refusal::NotYetValid),
            (json!({ "iat": now + 60 }), Refusal::NotYetValid),
        ] {
            assert_eq!(fixture.check_with(changes.clone()), Err(refusal), "{changes}");
        }
        fixture.check_with(json!({ "aud": ["other", AUDIENCE] })).unwrap();
        fixture.check_with(json!({ "aud": null, "client_id": AUDIENCE })).unwrap();
    }

    #[test]
    fn forged_tokens_are_refused() {
        let fixture = fixture();
        let claims = json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "u", "exp": fixture.now + 60 });
        let good = fixture.issuer.sign(&claims).unwrap();
        let (head, signature) = good.rsplit_once('.').unwrap();
        let encode = |json: &Json| URL_SAFE_NO_PAD.encode(json.to_string());
        let kid = &fixture.authorizer.key.id;

        assert_eq!(fixture.check("Bearer"), Err(Refusal::Malformed));
        assert_eq!(fixture.check("Bearer "), Err(Refusal::Malformed));
        assert_eq!(fixture.check(""), Err(Refusal::Missing));
        assert_eq!(fixture.check("Basic dTpw"), Err(Refusal::Malformed));
        assert_eq!(fixture.check("Bearer a.b.c"), Err(Refusal::Malformed));
        assert_eq!(fixture.authorizer.check(&HeaderMap::new()), Err(Refusal::Missing));

        let unsigned = format!("{}.{}.", encode(&json!({ "alg": "none", "kid": kid })), encode(&claims));
        assert_eq!(fixture.check(&unsigned), Err(Refusal::Malformed));
        let stripped = format!("{head}.");
        assert_eq!(fixture.check(&stripped), Err(Refusal::BadSignature));

        let (header, _) = head.split_once('.').unwrap();
        let altered =
            format!("{header}.{}.{signature}", encode(&json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "x" })));
        assert_eq!(fixture.check(&altered), Err(Refusal::BadSignature));

        // The public key is no secret, so a token that takes it for an HMAC secret must not pass.
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(kid.clone());
        let confused = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(kid.as_bytes())).unwrap();
        assert_eq!(fixture.check(&confused), Err(Refusal::WrongAlgorithm));

        let mut stranger = Issuer::new(Clock::default()).unwrap();
        assert_eq!(fixture.check(&stranger.sign(&claims).unwrap()), Err(Refusal::UnknownKey));
        stranger.rename_key(kid);
        assert_eq!(fixture.check(&stranger.sign(&claims).unwrap()), Err(Refusal::BadSignature));
    }
}
