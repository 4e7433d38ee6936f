//! Why something is parked, for the people who look into the dead-letter queue.

use domain::Refusal;
use edge::Problem;

/// The longest reason: an event with hundreds of wrong fields needs not name them all.
const MAX_CHARACTERS: usize = 1_000;

/// A stable code, a colon and a sentence. It holds nothing of the event but names of fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// Puts code and sentence together.
    pub fn new(code: &str, sentence: &str) -> Reason {
        Reason::of(&format!("{code}: {sentence}"))
    }

    /// A field that cannot be accepted; `message` is the rest of a sentence that begins with its name.
    pub fn invalid(field: &str, message: &str) -> Reason {
        Reason::new("validation_failed", &format!("{field} {message}."))
    }

    /// An account that there is not, or not in the program that the event is about.
    pub fn no_such_account() -> Reason {
        Reason::new("not_found", "There is no such account in the program.")
    }

    /// A fault of ours.
    pub fn internal() -> Reason {
        Reason::new("internal", "Something went wrong on our side.")
    }

    /// Code and sentence.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code alone, for the log.
    pub fn code(&self) -> &str {
        self.0.split(':').next().unwrap_or_default()
    }

    /// Names of unknown fields may hold what the queue takes in no attribute.
    fn of(text: &str) -> Reason {
        let is_fit = |character: char| !character.is_control() && !matches!(character, '\u{fffe}' | '\u{ffff}');
        let fit = |character| if is_fit(character) { character } else { '\u{fffd}' };
        Reason(text.chars().take(MAX_CHARACTERS).map(fit).collect())
    }
}

impl From<Problem> for Reason {
    fn from(problem: Problem) -> Reason {
        Reason::of(&problem.reason())
    }
}

impl From<Refusal> for Reason {
    fn from(refusal: Refusal) -> Reason {
        match refusal {
            Refusal::NotFound => Reason::no_such_account(),
            // Events carry no key: what is compared is a line under the name that it gives itself.
            Refusal::KeyReused => {
                Reason::new("idempotency_key_reused", "The source_id was used for another line of this account.")
            }
            refusal => Reason::from(Problem::from(refusal)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_code_and_a_sentence() {
        let reason = Reason::from(Refusal::DuplicatePayment);
        assert_eq!(reason.as_str(), "duplicate_payment: The payment reference was used before.");
        let reason = Reason::from(Refusal::InvalidState("a provider has no parent"));
        assert_eq!(reason.as_str(), "invalid_state: A provider has no parent.");
        assert_eq!(Reason::invalid("lines", "is required").as_str(), "validation_failed: lines is required.");
    }

    #[test]
    fn a_reason_fits_into_an_attribute() {
        let reason = Reason::invalid(&"a\u{0}\u{ffff}".repeat(1_000), "is not a field of this request");
        assert_eq!(reason.as_str().chars().count(), MAX_CHARACTERS);
        assert!(!reason.as_str().contains(['\u{0}', '\u{ffff}']));
    }
}
