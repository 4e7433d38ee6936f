//! What a newcomer reads first.

use local::demo::{Demo, Persona, operator};
use local::{Stack, TokenError};

/// What can be done with the demo program.
pub(crate) fn with_demo(stack: &Stack, demo: &Demo) -> Result<String, TokenError> {
    let personas = demo.personas();
    let mut text = format!(
        "\nDemo program {} with {} accounts: a provider, its distributors, their resellers and customers,\n\
         and one application that waits for a decision.\n",
        demo.program_id(),
        demo.accounts()
    );
    text.push_str(&tokens(stack, &personas)?);
    text.push_str("Three things to try:\n");
    let url = stack.url();
    if let Some((customer, id)) = acting(&personas, "Customer") {
        text.push_str(&command(
            "What the customer has, in every program that it is in",
            &[format!("curl -s {url}/v1/me"), bearer(stack, customer)?],
        ));
        text.push_str(&command(
            "Buy something, at the customer's own price",
            &[
                format!("curl -s {url}/v1/accounts/{id}/purchases"),
                bearer(stack, customer)?,
                header("content-type: application/json"),
                header("idempotency-key: first-order"),
                r#"-d '{"list_amount": "100.00", "product": "Virtual machine, 1 month"}'"#.to_owned(),
            ],
        ));
    }
    if let Some(verifier) = personas.iter().find(|persona| persona.memberships.ends_with(":verifier")) {
        text.push_str(&command(
            "The applications that wait for the provider's verifier",
            &[
                format!("curl -s '{url}/v1/programs/{}/applications?status=in_review'", demo.program_id()),
                bearer(stack, verifier)?,
            ],
        ));
    }
    Ok(text)
}

/// What can be done with an empty stack.
pub(crate) fn without_demo(stack: &Stack) -> Result<String, TokenError> {
    let operator = operator();
    let url = stack.url();
    let json = header("content-type: application/json");
    let program = r#"-d '{"name": "My program", "currency": "USD", "capacity": "100000.00", "discounts": {"distributor": "0.20", "reseller": "0.15", "customer": "0.05"}, "verification": {"distributor": "manual", "reseller": "automatic", "customer": "automatic"}}'"#;
    let mut text = tokens(stack, std::slice::from_ref(&operator))?;
    text.push_str("Three things to try:\n");
    text.push_str(&command("Whether it is there", &[format!("curl -s {url}/_local/health")]));
    text.push_str(&command(
        "Create a program; the answer has the provider's root_account_id",
        &[format!("curl -s {url}/v1/programs"), bearer(stack, &operator)?, json.clone(), program.to_owned()],
    ));
    text.push_str(&command(
        "Make a token for anybody in any role",
        &[
            format!("curl -s {url}/_local/tokens"),
            json,
            r#"-d '{"sub": "me", "email": "me@name.example", "memberships": "ROOT_ACCOUNT_ID:admin"}'"#.to_owned(),
        ],
    ));
    Ok(text)
}

fn acting<'a>(personas: &'a [Persona], title: &str) -> Option<(&'a Persona, &'a str)> {
    let persona = personas.iter().find(|persona| persona.title.starts_with(title))?;
    Some((persona, persona.account_id.as_deref()?))
}

fn tokens(stack: &Stack, personas: &[Persona]) -> Result<String, TokenError> {
    let mut text = "\nTokens, each valid for an hour (POST /_local/tokens makes more):\n\n".to_owned();
    for persona in personas {
        let token = stack.token(&persona.sub, &persona.email, &persona.memberships)?;
        let company = persona.company.map(|company| format!(" of {company}")).unwrap_or_default();
        text.push_str(&format!("  {}{company} · {}\n  {token}\n\n", persona.title, persona.memberships));
    }
    Ok(text)
}

fn bearer(stack: &Stack, persona: &Persona) -> Result<String, TokenError> {
    let token = stack.token(&persona.sub, &persona.email, &persona.memberships)?;
    Ok(header(&format!("authorization: Bearer {token}")))
}

fn header(text: &str) -> String {
    format!("-H '{text}'")
}

fn command(what: &str, parts: &[String]) -> String {
    format!("\n  # {what}\n  {}\n", parts.join(" \\\n    "))
}
