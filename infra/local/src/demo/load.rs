//! Making the demo program, step by step.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

use super::client::{Caller, Client, DemoError};
use super::companies::{APPLICANT, DISTRIBUTORS, Partner};
use super::{Demo, operator};

/// Stands for the provider where companies have a slug.
pub(super) const PROVIDER: &str = "nimbus-cloud";
pub(super) const OPERATOR_SUB: &str = "demo-operator";
const PROGRAM_NAME: &str = "Nimbus Cloud Partners";

/// A role in the demo, played by somebody of one account.
pub(super) struct Part {
    pub(super) slug: &'static str,
    pub(super) tier: &'static str,
    pub(super) company: Option<&'static str>,
    pub(super) role: &'static str,
}

/// One of each role below the operator: the provider's, then down the first branch of the tree.
pub(super) fn cast() -> Vec<Part> {
    let provider = |role| Part { slug: PROVIDER, tier: "Provider", company: None, role };
    let mut cast = vec![provider("admin"), provider("verifier")];
    let mut level = DISTRIBUTORS.first();
    for tier in ["Distributor", "Reseller", "Customer"] {
        if let Some(partner) = level {
            cast.push(Part { slug: partner.slug, tier, company: Some(partner.legal_name), role: "admin" });
            level = partner.children.first();
        }
    }
    cast
}

pub(super) fn sub(slug: &str, role: &str) -> String {
    format!("demo-{slug}-{role}")
}

pub(super) fn email(slug: &str, role: &str) -> String {
    format!("{role}@{slug}.example")
}

/// Whether the stack knows a program.
pub(super) async fn exists(client: &Client, program_id: &str) -> Result<bool, DemoError> {
    match as_operator(client)?.get(format!("/v1/programs/{program_id}")).await {
        Ok(_) => Ok(true),
        Err(DemoError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes what is not there yet of the program and everything in it.
pub(super) async fn all(client: &Client) -> Result<Demo, DemoError> {
    let program = as_operator(client)?.post("/v1/programs".to_owned(), "demo-program", &program()).await?;
    let (program_id, root) = (program.text("id")?, program.text("root_account_id")?);
    let verifier = as_member(client, PROVIDER, &root, "verifier")?;
    // Branches do not meet below the provider, so they are made side by side.
    let mut branches = JoinSet::new();
    for distributor in &DISTRIBUTORS {
        branches.spawn(branch(client.clone(), verifier.clone(), root.clone(), distributor));
    }
    let mut accounts = BTreeMap::from([(PROVIDER.to_owned(), root.clone())]);
    while let Some(branch) = branches.join_next().await {
        accounts.append(&mut branch.map_err(|_| DemoError::Ended)??);
    }
    apply(&as_member(client, PROVIDER, &root, "admin")?, &root, &APPLICANT).await?;
    Ok(Demo { program_id, accounts })
}

fn program() -> Json {
    json!({
        "name": PROGRAM_NAME,
        "currency": "USD",
        "capacity": "2000000.00",
        "discounts": { "distributor": "0.20", "reseller": "0.15", "customer": "0.05" },
        "verification": { "distributor": "manual", "reseller": "automatic", "customer": "automatic" },
    })
}

/// Onboards a distributor and everything below it, parents first, and gives each its quota and its orders.
async fn branch(
    client: Client,
    verifier: Caller,
    root: String,
    distributor: &'static Partner,
) -> Result<BTreeMap<String, String>, DemoError> {
    let mut accounts = BTreeMap::new();
    let mut open = vec![(PROVIDER, root, distributor)];
    while let Some((parent_slug, parent_id, partner)) = open.pop() {
        let parent = as_member(&client, parent_slug, &parent_id, "admin")?;
        let id = onboard(&parent, &verifier, &parent_id, partner).await?;
        let allocation = json!({ "amount": partner.quota, "note": "Opening quota" });
        let key = format!("demo-quota-{}", partner.slug);
        parent.post(format!("/v1/accounts/{id}/allocations"), &key, &allocation).await?;
        let buyer = as_member(&client, partner.slug, &id, "admin")?;
        for (number, (list_amount, product)) in (1..).zip(partner.purchases) {
            let reference = format!("PO-{}-{number}", partner.number);
            let order = json!({ "list_amount": list_amount, "product": product, "reference": reference });
            buyer.post(format!("/v1/accounts/{id}/purchases"), &format!("demo-{reference}"), &order).await?;
        }
        open.extend(partner.children.iter().map(|child| (partner.slug, id.clone(), child)));
        accounts.insert(partner.slug.to_owned(), id);
    }
    Ok(accounts)
}

/// Has a company become an account; answers with the account's id.
async fn onboard(parent: &Caller, verifier: &Caller, parent_id: &str, partner: &Partner) -> Result<String, DemoError> {
    let application_id = apply(parent, parent_id, partner).await?;
    let path = format!("/v1/accounts/{parent_id}/applications/{application_id}");
    // The answer to the application may be an old one, from before it was decided.
    let application = parent.get(path.clone()).await?;
    if application.text("status")? == "in_review" {
        let key = format!("demo-approval-{}", partner.slug);
        let decision = json!({ "decision": "approve", "reason": "Contract signed, documents checked" });
        verifier.post(format!("{path}/decisions"), &key, &decision).await?;
    }
    parent.get(path).await?.text("account_id")
}

/// Hands in a company's application; answers with its id.
async fn apply(parent: &Caller, parent_id: &str, partner: &Partner) -> Result<String, DemoError> {
    let application = json!({
        "console_account_id": format!("4100{:08}", partner.number),
        "legal_name": partner.legal_name,
        "country": partner.country,
        "registration_number": partner.registration_number,
        "website": format!("https://{}.example", partner.slug),
        "contact": {
            "name": partner.contact,
            "email": email(partner.slug, "partners"),
            "phone": partner.phone,
        },
        "locale": partner.locale,
    });
    let key = format!("demo-application-{}", partner.slug);
    parent.post(format!("/v1/accounts/{parent_id}/applications"), &key, &application).await?.text("id")
}

fn as_operator(client: &Client) -> Result<Caller, DemoError> {
    let operator = operator();
    Ok(client.caller(&operator.sub, &operator.email, &operator.memberships)?)
}

fn as_member(client: &Client, slug: &str, account_id: &str, role: &str) -> Result<Caller, DemoError> {
    Ok(client.caller(&sub(slug, role), &email(slug, role), &format!("{account_id}:{role}"))?)
}
