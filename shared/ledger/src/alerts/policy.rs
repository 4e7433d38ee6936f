//! Alert policies: when an account wants to hear of its quota, and who else hears of it.

use std::collections::HashMap;

use domain::alert::{AlertPolicy, Recipient, Threshold};
use domain::{AccountId, By, Profile, Timestamp};

use crate::account_item::read_profile;
use crate::client::Ledger;
use crate::error::{Corrupt, Error};
use crate::item::{Item, Reader, Writer};
use crate::keys::{self, Key};
use crate::transaction::Write;

/// What is known of those who hear of an account's alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// The account's company, with its contact.
    pub profile: Profile,
    /// Its policy, with further recipients.
    pub policy: AlertPolicy,
}

impl Ledger {
    /// Those who hear of the alerts of these accounts, in their order, in one round trip.
    ///
    /// # Errors
    /// When the store does not answer, or one of the accounts does not exist.
    pub async fn audiences(&self, accounts: &[AccountId]) -> Result<Vec<Audience>, Error> {
        let keys: Vec<Key> =
            accounts.iter().flat_map(|account| [keys::profile(*account), keys::alert_policy(*account)]).collect();
        let items = self.batch(&keys).await?;
        let audience = |account: &AccountId| {
            let missing = Corrupt { attribute: "account_id", problem: "names no account" };
            let profile = read_profile(items.get(&keys::profile(*account)).ok_or(missing)?)?;
            let policy = items.get(&keys::alert_policy(*account)).map(read_policy).transpose()?.unwrap_or_default();
            Ok(Audience { profile, policy })
        };
        accounts.iter().map(audience).collect()
    }

    /// An account's alert policy; the default one where it has set none.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn alert_policy(&self, account: AccountId) -> Result<AlertPolicy, Error> {
        match self.get(&keys::alert_policy(account)).await? {
            Some(item) => Ok(read_policy(&item)?),
            None => Ok(AlertPolicy::default()),
        }
    }

    /// The alert policies of several accounts; those that have set none are left out. One that cannot be read spoils no
    /// other.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn alert_policies(
        &self,
        accounts: &[AccountId],
    ) -> Result<HashMap<AccountId, Result<AlertPolicy, Corrupt>>, Error> {
        let keys: Vec<Key> = accounts.iter().map(|account| keys::alert_policy(*account)).collect();
        let items = self.batch(&keys).await?;
        let mut policies = HashMap::with_capacity(accounts.len());
        for (account, key) in accounts.iter().zip(&keys) {
            if let Some(item) = items.get(key) {
                policies.insert(*account, read_policy(item));
            }
        }
        Ok(policies)
    }

    /// Sets an account's alert policy, whatever it was before.
    ///
    /// # Errors
    /// [`domain::Refusal::Contention`] when others kept being faster, or a failure of the store.
    pub async fn set_alert_policy(
        &self,
        account: AccountId,
        policy: &AlertPolicy,
        by: &By,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.write_all(|| vec![Write::put(item(account, policy, by, now))]).await.map(drop)
    }
}

fn item(account: AccountId, policy: &AlertPolicy, by: &By, now: Timestamp) -> Item {
    let recipient =
        |recipient: &Recipient| Writer::default().text("email", &recipient.email).text("locale", &recipient.locale);
    let writer = Writer::new(&keys::alert_policy(account), "alert policy")
        .text("account_id", account)
        .list("recipients", policy.recipients.iter().map(recipient))
        .optional_text("by_account_id", by.account_id)
        .optional_text("by_sub", by.sub.as_ref())
        .text("updated_at", now);
    match &policy.thresholds {
        None => writer.build(),
        Some(thresholds) => writer.list("thresholds", thresholds.iter().map(threshold)).build(),
    }
}

fn threshold(threshold: &Threshold) -> Writer {
    match threshold {
        Threshold::Percent(percent) => Writer::default().amount("percent", *percent),
        Threshold::Amount(amount) => Writer::default().amount("amount", *amount),
    }
}

fn read_threshold(item: Reader<'_>) -> Result<Threshold, Corrupt> {
    match item.optional_amount("percent")? {
        Some(percent) => Ok(Threshold::Percent(percent)),
        None => item.amount("amount").map(Threshold::Amount),
    }
}

fn read_policy(item: &Item) -> Result<AlertPolicy, Corrupt> {
    let item = Reader(item);
    let recipient = |recipient: Reader<'_>| {
        Ok(Recipient { email: recipient.text("email")?.to_owned(), locale: recipient.text("locale")?.to_owned() })
    };
    let thresholds = match item.0.contains_key("thresholds") {
        true => Some(item.list("thresholds")?.into_iter().map(read_threshold).collect::<Result<_, _>>()?),
        false => None,
    };
    let recipients = item.list("recipients")?.into_iter().map(recipient).collect::<Result<_, Corrupt>>()?;
    Ok(AlertPolicy { thresholds, recipients })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Amount;

    #[test]
    fn a_policy_comes_back_as_it_went() {
        let now = Timestamp::from_unix_ms(0).unwrap();
        let amount = |text| Amount::parse(text, 2).unwrap();
        let recipient = Recipient { email: "ops@partner.example".into(), locale: "ko".into() };
        for policy in [
            AlertPolicy::default(),
            AlertPolicy { thresholds: Some(Vec::new()), recipients: vec![recipient.clone()] },
            AlertPolicy {
                thresholds: Some(vec![Threshold::Percent(amount("12.5")), Threshold::Amount(amount("50"))]),
                recipients: vec![recipient],
            },
        ] {
            let item = item(AccountId::new(now, 1), &policy, &By::default(), now);
            assert_eq!(read_policy(&item), Ok(policy));
        }
    }
}
