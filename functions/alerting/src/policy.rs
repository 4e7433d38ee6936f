//! Alert policies.

use std::collections::HashSet;

use domain::alert::{AlertPolicy, MAX_RECIPIENTS, MAX_THRESHOLDS, Recipient, Threshold};
use edge::{Authorised, Fields, Problem, Reply, Wrong, email, locale, percent, positive, view};
use ledger::Ledger;

/// `GET /accounts/{id}/alert-policy`: the account's own policy, or the default one.
pub async fn get(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let policy = ledger.alert_policy(request.target()?.id).await?;
    show(ledger, request, &policy, false).await
}

/// `PUT /accounts/{id}/alert-policy` `{thresholds?, recipients?}`: takes the place of the whole policy. Thresholds that are
/// left out are the default ones, an empty list is none; recipients that are left out are none. Raises no alert. With
/// `?preview=true` it only shows where the thresholds would stand now.
pub async fn set(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let is_preview = request.is_preview()?;
    let policy = read(request)?;
    if !is_preview {
        ledger.set_alert_policy(request.target()?.id, &policy, &request.by()?, request.now()).await?;
    }
    show(ledger, request, &policy, is_preview).await
}

async fn show(ledger: &Ledger, request: &Authorised, policy: &AlertPolicy, is_preview: bool) -> Result<Reply, Problem> {
    let target = request.target()?;
    let account = ledger.account(target.id).await?.ok_or_else(Problem::not_found)?;
    let shown = view::alert_policy(policy, target, &account.figures, is_preview).map_err(Problem::internal)?;
    Reply::ok(&shown)
}

fn read(request: &Authorised) -> Result<AlertPolicy, Problem> {
    let digits = request.target()?.currency.minor_digits();
    let mut fields = request.fields()?;
    let thresholds = fields.optional_objects("thresholds", MAX_THRESHOLDS, |fields| threshold(fields, digits));
    let recipients = fields.optional_objects("recipients", MAX_RECIPIENTS, |fields| {
        let (email, locale) = (fields.required("email", email), fields.required("locale", locale));
        Some(Recipient { email: email?, locale: locale? })
    });
    if let Some(Some(thresholds)) = &thresholds {
        refuse_repeats(&mut fields, "thresholds", thresholds, |threshold| format!("{threshold:?}"));
    }
    if let Some(Some(recipients)) = &recipients {
        refuse_repeats(&mut fields, "recipients", recipients, |recipient| recipient.email.to_lowercase());
    }
    let policy = || -> Option<AlertPolicy> {
        Some(AlertPolicy { thresholds: thresholds?, recipients: recipients?.unwrap_or_default() })
    };
    fields.finish(policy())
}

/// Either a percentage of what is granted or an amount.
fn threshold(fields: &mut Fields, digits: u32) -> Option<Threshold> {
    match (fields.has("percent"), fields.has("amount")) {
        (true, true) => {
            fields.wrong("amount", Wrong::new("ambiguous", "cannot stand beside percent"));
            let _ = (fields.required("percent", percent), fields.required("amount", positive(digits)));
            None
        }
        (_, false) => fields.required("percent", percent).map(Threshold::Percent),
        (false, true) => fields.required("amount", positive(digits)).map(Threshold::Amount),
    }
}

fn refuse_repeats<T>(fields: &mut Fields, name: &str, list: &[T], key: impl Fn(&T) -> String) {
    let mut seen = HashSet::new();
    for (index, element) in list.iter().enumerate() {
        if !seen.insert(key(element)) {
            fields.wrong(&format!("{name}[{index}]"), Wrong::new("repeated", "stands in the list already"));
        }
    }
}
