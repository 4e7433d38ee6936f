//! Who did something.

use crate::AccountId;

/// Who did something: the acting account and the person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct By {
    /// The acting account; `None` for the operator and for the system itself.
    pub account_id: Option<AccountId>,
    /// The person, by the identity provider's `sub`; `None` for the system itself.
    pub sub: Option<String>,
}
