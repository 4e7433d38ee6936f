//! What the events of an alert say: written by `relay`, read by `notifier`.

use domain::alert::Threshold;
use domain::{Amount, Currency, Figures};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The data of `QuotaThresholdCrossed`, `QuotaDepleted`, `QuotaOverdrawn` and `QuotaReplenished`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertData {
    /// Whether this event, the gravest of its posting, becomes a notification and a mail.
    pub notify: bool,
    /// The number of the entry after which it was so.
    pub seq: u64,
    /// The currency of all amounts.
    pub currency: Currency,
    /// What the account has received from its parent.
    pub granted: Amount,
    /// What is still available.
    pub available: Amount,
    /// The lowest threshold that was crossed, and its level; only with `QuotaThresholdCrossed`.
    pub crossed: Option<(Threshold, Amount)>,
}

/// The form on the bus. Everything else of the position stands beside it for other readers.
#[derive(Deserialize, Serialize)]
struct Wire {
    notify: bool,
    seq: u64,
    currency: String,
    granted: String,
    available: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    threshold: Option<WireThreshold>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    level: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum WireThreshold {
    Percent(String),
    Amount(String),
}

impl AlertData {
    /// As it stands on the bus, with the rest of the position's figures but those of accounts above.
    #[must_use]
    pub fn to_value(&self, position: &Figures) -> Value {
        let shown = |amount: Amount| amount.show(self.currency);
        let mut data: Map<String, Value> =
            position.named().into_iter().map(|(name, figure)| (name.to_owned(), json!(shown(figure)))).collect();
        let wire = Wire {
            notify: self.notify,
            seq: self.seq,
            currency: self.currency.code().to_owned(),
            granted: shown(self.granted),
            available: shown(self.available),
            threshold: self.crossed.map(|(threshold, _)| match threshold {
                Threshold::Percent(percent) => WireThreshold::Percent(percent.to_string()),
                Threshold::Amount(amount) => WireThreshold::Amount(shown(amount)),
            }),
            level: self.crossed.map(|(_, level)| shown(level)),
        };
        if let Value::Object(own) = json!(wire) {
            data.extend(own);
        }
        Value::Object(data)
    }

    /// Reads it from the bus; `None` when it is something else.
    #[must_use]
    pub fn from_value(data: &Value) -> Option<AlertData> {
        let wire = Wire::deserialize(data).ok()?;
        let amount = |text: &str| Amount::parse(text, domain::amount::MAX_FRACTION_DIGITS).ok();
        let threshold = match wire.threshold {
            None => None,
            Some(WireThreshold::Percent(percent)) => Some(Threshold::Percent(amount(&percent)?)),
            Some(WireThreshold::Amount(level)) => Some(Threshold::Amount(amount(&level)?)),
        };
        let level = match wire.level {
            None => None,
            Some(level) => Some(amount(&level)?),
        };
        Some(AlertData {
            notify: wire.notify,
            seq: wire.seq,
            currency: Currency::parse(&wire.currency)?,
            granted: amount(&wire.granted)?,
            available: amount(&wire.available)?,
            crossed: threshold.zip(level),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let amount = |text| Amount::parse(text, 12).unwrap();
        let position = Figures {
            granted: amount("1000"),
            available: amount("-2.6137"),
            used: amount("1002.6137"),
            ..Figures::zero(2)
        };
        for crossed in [
            None,
            Some((Threshold::Percent(amount("12.5")), amount("125"))),
            Some((Threshold::Amount(amount("50")), amount("50"))),
        ] {
            let data = AlertData {
                notify: true,
                seq: 7,
                currency: Currency::parse("USD").unwrap(),
                granted: position.granted,
                available: position.available,
                crossed,
            };
            let value = data.to_value(&position);
            assert_eq!(value["used"], "1002.6137");
            assert_eq!(value.get("upstream"), None);
            assert_eq!(AlertData::from_value(&value), Some(data));
        }
        assert_eq!(AlertData::from_value(&json!({"notify": true})), None);
    }
}
