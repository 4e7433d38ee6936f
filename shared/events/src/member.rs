//! What the event of a new member says: written by `relay`, read by `notifier`.

use domain::Role;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The data of `MemberInvited`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberData {
    /// The person's address.
    pub email: String,
    /// What the person is in the account.
    pub roles: Vec<Role>,
    /// The account's language; a provider has none.
    pub locale: Option<String>,
    /// The name of the account's company.
    pub legal_name: String,
}

/// The form on the bus.
#[derive(Deserialize, Serialize)]
struct Wire {
    email: String,
    roles: Vec<String>,
    locale: Option<String>,
    legal_name: String,
}

impl MemberData {
    /// As it stands on the bus.
    #[must_use]
    pub fn to_value(&self) -> Value {
        json!(Wire {
            email: self.email.clone(),
            roles: self.roles.iter().map(|role| role.name().to_owned()).collect(),
            locale: self.locale.clone(),
            legal_name: self.legal_name.clone(),
        })
    }

    /// Reads it from the bus; `None` when it is something else.
    #[must_use]
    pub fn from_value(data: &Value) -> Option<MemberData> {
        let wire = Wire::deserialize(data).ok()?;
        let roles: Option<Vec<Role>> = wire.roles.iter().map(|name| Role::from_name(name)).collect();
        Some(MemberData { email: wire.email, roles: roles?, locale: wire.locale, legal_name: wire.legal_name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for locale in [Some("ko".to_owned()), None] {
            let data = MemberData {
                email: "kim@hanbit.example".into(),
                roles: vec![Role::Admin, Role::Finance],
                locale,
                legal_name: "Hanbit".into(),
            };
            assert_eq!(MemberData::from_value(&data.to_value()), Some(data));
        }
        let unknown =
            json!({"email": "kim@hanbit.example", "roles": ["owner"], "locale": null, "legal_name": "Hanbit"});
        assert_eq!(MemberData::from_value(&unknown), None);
    }
}
