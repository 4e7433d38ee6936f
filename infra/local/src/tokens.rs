//! Tokens of this stack: made for whoever asks, signed by a key that lives as long as the stack.

use std::sync::Arc;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::error::StartError;

/// Who is said to have issued local tokens.
pub(crate) const ISSUER: &str = "https://issuer.partner-quota.example";
/// Whom they are for.
pub(crate) const AUDIENCE: &str = "partner-quota-local";
/// An hour, as identity providers usually grant.
const LIFETIME_SECONDS: i64 = 3_600;

/// Makes tokens.
#[derive(Clone)]
pub(crate) struct Issuer {
    key: Arc<KeyPair>,
    verifying: VerifyingKey,
    clock: Clock,
}

/// What the gateway verifies signatures with.
#[derive(Clone)]
pub(crate) struct VerifyingKey {
    /// The key's id, as tokens name it.
    pub(crate) id: String,
    pub(crate) key: DecodingKey,
}

/// A token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the token could not be signed")]
pub struct TokenError(#[from] Unspecified);

impl Issuer {
    /// An issuer with a new RSA key of 2048 bits.
    pub(crate) fn new(clock: Clock) -> Result<Issuer, StartError> {
        let key = KeyPair::generate(KeySize::Rsa2048).map_err(|_| StartError::Key)?;
        let verifying = VerifyingKey {
            id: format!("local-{:08x}", fastrand::u32(..)),
            key: DecodingKey::from_rsa_der(key.public_key().as_ref()),
        };
        Ok(Issuer { key: Arc::new(key), verifying, clock })
    }

    pub(crate) fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// A token for one hour. `memberships` is the claim as the functions read it: `account_id:role` entries separated
    /// by spaces.
    pub(crate) fn token(&self, sub: &str, email: &str, memberships: &str) -> Result<String, TokenError> {
        let now = self.clock.epoch_seconds();
        self.sign(&json!({
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": sub,
            "email": email,
            "memberships": memberships,
            "iat": now,
            "exp": now.saturating_add(LIFETIME_SECONDS),
            "jti": format!("{:032x}", fastrand::u128(..)),
        }))
    }

    /// Signs any claims at all, with RS256.
    pub(crate) fn sign(&self, claims: &Value) -> Result<String, TokenError> {
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": self.verifying.id });
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Claims another key's name, as a forger would.
    #[cfg(test)]
    pub(crate) fn rename_key(&mut self, id: &str) {
        self.verifying.id = id.to_owned();
    }
}
