//! Members: who may act for an account, and in which roles.

use domain::account::Tier;
use domain::company::is_email;
use domain::{Member, Role};
use edge::{Authorised, Problem, Reply, Wrong, email, next_cursor, view};
use ledger::Ledger;
use serde_json::Value;

/// `GET /accounts/{id}/members`: those who have been there longest first.
pub async fn list(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let (target, paging) = (request.target()?, request.paging(|place| place.contains('#'))?);
    let members = ledger.members(target.id).await?;
    let is_left = |place: &str| paging.after.as_deref().is_none_or(|after| place > after);
    let left: Vec<&(String, Member)> = members.iter().filter(|(place, _)| is_left(place)).collect();
    let shown = left.get(..paging.limit).unwrap_or(&left);
    let next = shown.last().filter(|_| shown.len() < left.len()).map(|(place, _)| place.as_str());
    let items = shown.iter().map(|(_, member)| view::member(member)).collect();
    Reply::ok(&view::page(items, next_cursor(&paging, next)))
}

/// `PUT /accounts/{id}/members` `{email, roles}`: gives somebody these roles, in place of those that they had. Whoever is
/// new is invited by mail.
pub async fn put(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let target = request.target()?;
    let mut fields = request.fields()?;
    let email = fields.required("email", email);
    let roles = fields.required("roles", |value| roles(value, target.tier));
    let (email, roles) = fields.finish(email.zip(roles))?;
    let member = ledger.put_member(target, &email, &roles, &request.by()?, request.now()).await?;
    Reply::ok(&view::member(&member))
}

/// `DELETE /accounts/{id}/members` `?email=`, or with the address in the body: takes all roles from somebody.
pub async fn remove(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let address = |text: &str| is_email(text).then(|| text.to_owned());
    let named = request.query_parsed("email", address, "must be an e-mail address, percent-encoded")?;
    let mut fields = request.optional_fields()?;
    let email = match named {
        Some(email) => fields.finish(Some(email))?,
        None => {
            let email = fields.required("email", email);
            fields.finish(email)?
        }
    };
    ledger.remove_member(request.target()?.id, &email).await?;
    Ok(Reply::no_content())
}

/// One or more roles that there are in an account of the tier, each once.
fn roles(value: &Value, tier: Tier) -> Result<Vec<Role>, Wrong> {
    let names = value.as_array().ok_or_else(|| Wrong::new("not_a_list", "must be a list"))?;
    if names.is_empty() {
        return Err(Wrong::new("wrong_length", "must name at least one role"));
    }
    let mut roles = Vec::with_capacity(Role::ALL.len());
    for name in names {
        let role = name.as_str().and_then(Role::from_name).filter(|role| role.exists_at(tier));
        match role {
            Some(role) if roles.contains(&role) => return Err(Wrong::new("repeated", "must not name a role twice")),
            Some(role) => roles.push(role),
            None => {
                let known: Vec<&str> =
                    Role::ALL.into_iter().filter(|role| role.exists_at(tier)).map(Role::name).collect();
                return Err(Wrong::new("unknown_value", format!("must have roles out of {} only", known.join(", "))));
            }
        }
    }
    Ok(roles)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn roles_are_distinct_and_exist_in_the_tier() {
        let code = |value: Value, tier| roles(&value, tier).err().map_or("fine", |wrong| wrong.code);
        assert_eq!(code(json!(["admin", "sales"]), Tier::Customer), "fine");
        assert_eq!(code(json!(["verifier"]), Tier::Provider), "fine");
        assert_eq!(code(json!(["verifier"]), Tier::Distributor), "unknown_value");
        assert_eq!(code(json!(["sales", "sales"]), Tier::Customer), "repeated");
        for unknown in [json!(["owner"]), json!(["Admin"]), json!([1]), json!([null])] {
            assert_eq!(code(unknown, Tier::Provider), "unknown_value");
        }
        assert_eq!(code(json!([]), Tier::Customer), "wrong_length");
        assert_eq!(code(json!("admin"), Tier::Customer), "not_a_list");
    }
}
