//! Authorisation: through which of its accounts a caller acts.

use domain::By;
use domain::account::Lineage;
use domain::{AccountId, Role, Viewer};

use crate::identity::Identity;
use crate::operation::Operation;

/// How a caller acts: the account, and with it what may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acting {
    /// The acting account; `None` for the operator.
    pub account_id: Option<AccountId>,
    /// The person.
    pub sub: String,
}

impl Acting {
    /// What may be shown.
    #[must_use]
    pub fn viewer(&self) -> Viewer {
        self.account_id.map_or(Viewer::Operator, Viewer::Account)
    }

    /// As it is written down.
    #[must_use]
    pub fn by(&self) -> By {
        By { account_id: self.account_id, sub: Some(self.sub.clone()) }
    }
}

/// The caller's accounts that stand at or above the target, the nearest first.
fn at_or_above<'a>(identity: &'a Identity, target: &Lineage) -> Vec<(usize, AccountId, &'a [Role])> {
    let mut found: Vec<_> = identity
        .memberships
        .iter()
        .filter_map(|(account, roles)| Some((target.steps_up_to(*account)?, *account, roles.as_slice())))
        .collect();
    found.sort_by_key(|(steps, ..)| *steps);
    found
}

/// Every way in which the caller may carry out the operation on the target, the nearest account first, the operator
/// last.
pub(crate) fn granted(identity: &Identity, operation: Operation, target: &Lineage) -> Vec<Acting> {
    let acting = |account_id| Acting { account_id, sub: identity.sub.clone() };
    let mut ways: Vec<Acting> = at_or_above(identity, target)
        .into_iter()
        .filter(|(steps, _, roles)| operation.is_allowed(target, *steps, roles))
        .map(|(_, account, _)| acting(Some(account)))
        .collect();
    if identity.is_operator && operation.is_allowed_to_operator(Some(target)) {
        ways.push(acting(None));
    }
    ways
}

/// Whether the caller sees the target at all from above: from an account at or above it, or as the operator. A verifier
/// sees accounts only from the provider.
pub(crate) fn sees(identity: &Identity, target: &Lineage) -> bool {
    identity.is_operator
        || at_or_above(identity, target)
            .iter()
            .any(|(steps, _, roles)| Operation::ReadAccount.is_allowed(target, *steps, roles))
}

/// Whether a role in an account counts there at all: verifiers exist at providers only.
pub(crate) fn is_member(account: &Lineage, roles: &[Role]) -> bool {
    Operation::ReadAccount.is_allowed(account, 0, roles)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::account::Tier;
    use domain::program::Purchases;
    use domain::{Currency, ProgramId, Timestamp};

    const EVERY_OPERATION: [Operation; 23] = [
        Operation::CreateProgram,
        Operation::ReadProgram,
        Operation::CheckRegistration,
        Operation::Apply,
        Operation::ReadApplications,
        Operation::DecideApplication,
        Operation::ReadAccount,
        Operation::ReadLedger,
        Operation::ReadOwn,
        Operation::SetCapacity,
        Operation::Allocate,
        Operation::Rebalance,
        Operation::Purchase,
        Operation::Charge,
        Operation::Settle,
        Operation::Suspend,
        Operation::Close,
        Operation::SetAlertPolicy,
        Operation::MarkRead,
        Operation::ManageMembers,
        Operation::AmendAccount,
        Operation::AmendProfile,
        Operation::SetDiscount,
    ];

    fn line() -> [Lineage; 4] {
        let at = Timestamp::from_unix_ms(0).unwrap();
        let provider = Lineage {
            id: AccountId::new(at, 0),
            program_id: ProgramId::new(at, 0),
            tier: Tier::Provider,
            ancestors: Vec::new(),
            currency: Currency::parse("USD").unwrap(),
            purchases: Purchases::Partners,
        };
        let distributor = provider.child(AccountId::new(at, 1)).unwrap();
        let reseller = distributor.child(AccountId::new(at, 2)).unwrap();
        let customer = reseller.child(AccountId::new(at, 3)).unwrap();
        [provider, distributor, reseller, customer]
    }

    fn caller(account: AccountId, role: Role) -> Identity {
        Identity { sub: "kim".into(), memberships: vec![(account, vec![role])], is_operator: false }
    }

    /// For each relation of the caller's account to a customer, the operations that each role may carry out.
    #[test]
    fn rights_are_those_of_the_table() {
        use Operation::*;
        let line = line();
        let customer = &line[3];
        let read: &[Operation] = &[ReadApplications, ReadAccount, ReadLedger];
        let expected: [(usize, Role, Vec<Operation>); 13] = [
            (
                3,
                Role::Admin,
                [
                    read,
                    &[ReadProgram, CheckRegistration, Apply, Rebalance, Purchase, SetAlertPolicy, MarkRead],
                    &[ManageMembers, AmendAccount, AmendProfile],
                ]
                .concat(),
            ),
            (3, Role::Sales, [read, &[ReadProgram, CheckRegistration, Apply, Purchase, MarkRead]].concat()),
            (3, Role::Finance, [read, &[ReadProgram, Rebalance, Purchase, MarkRead]].concat()),
            (3, Role::Viewer, [read, &[ReadProgram, MarkRead]].concat()),
            (3, Role::Verifier, vec![]),
            (
                2,
                Role::Admin,
                [
                    read,
                    &[DecideApplication, Allocate, Settle, Purchase, Suspend, Close],
                    &[ManageMembers, AmendAccount, AmendProfile, SetDiscount],
                ]
                .concat(),
            ),
            (2, Role::Finance, [read, &[Allocate, Settle, Purchase, AmendAccount, SetDiscount]].concat()),
            (2, Role::Sales, [read, &[DecideApplication, Purchase]].concat()),
            (2, Role::Viewer, read.to_vec()),
            (1, Role::Admin, [read, &[DecideApplication, Suspend, Close]].concat()),
            (0, Role::Admin, [read, &[Charge, Suspend, Close]].concat()),
            (0, Role::Finance, [read, &[Charge]].concat()),
            (0, Role::Verifier, vec![ReadApplications, ReadAccount, DecideApplication]),
        ];
        for (tier, role, allowed) in expected {
            let identity = caller(line[tier].id, role);
            for operation in EVERY_OPERATION {
                let is_granted = !granted(&identity, operation, customer).is_empty();
                assert_eq!(is_granted, allowed.contains(&operation), "{role:?} {tier} {operation:?}");
            }
        }
    }

    #[test]
    fn the_operator_reads_everything_and_does_little_else() {
        let line = line();
        let operator = Identity { sub: "op".into(), memberships: Vec::new(), is_operator: true };
        let may = |operation, target: &Lineage| !granted(&operator, operation, target).is_empty();
        assert!(may(Operation::ReadLedger, &line[3]) && may(Operation::SetCapacity, &line[0]));
        for operation in [Operation::Allocate, Operation::Purchase, Operation::Apply, Operation::DecideApplication] {
            assert!(!may(operation, &line[3]), "{operation:?}");
        }
        assert!(!may(Operation::SetCapacity, &line[1]));
    }

    #[test]
    fn nothing_is_granted_or_seen_from_below_or_beside() {
        let line = line();
        let sibling = line[1].child(AccountId::new(Timestamp::from_unix_ms(0).unwrap(), 9)).unwrap();
        for account in [line[3].id, sibling.id] {
            let identity = caller(account, Role::Admin);
            assert!(EVERY_OPERATION.iter().all(|operation| granted(&identity, *operation, &line[2]).is_empty()));
            assert!(!sees(&identity, &line[2]));
        }
    }

    #[test]
    fn a_provider_buys_for_all_below_it_where_the_program_says_so() {
        let mut line = line();
        line[3].purchases = Purchases::Provider;
        let may = |tier: usize| !granted(&caller(line[tier].id, Role::Admin), Operation::Purchase, &line[3]).is_empty();
        assert_eq!([may(0), may(1), may(2), may(3)], [true, false, false, false]);
    }

    #[test]
    fn a_provider_manages_itself_and_neither_buys_nor_has_a_price() {
        let line = line();
        let may = |operation, role| !granted(&caller(line[0].id, role), operation, &line[0]).is_empty();
        for operation in [Operation::ManageMembers, Operation::AmendAccount, Operation::AmendProfile] {
            assert!(may(operation, Role::Admin) && !may(operation, Role::Finance), "{operation:?}");
        }
        assert!(!may(Operation::SetDiscount, Role::Admin) && !may(Operation::Purchase, Role::Admin));
    }

    #[test]
    fn the_nearest_account_that_may_acts() {
        let line = line();
        let identity = Identity {
            sub: "kim".into(),
            memberships: vec![
                (line[0].id, vec![Role::Admin]),
                (line[3].id, vec![Role::Viewer]),
                (line[2].id, vec![Role::Sales]),
            ],
            is_operator: true,
        };
        let first = |operation| granted(&identity, operation, &line[3]).first().and_then(|acting| acting.account_id);
        assert_eq!(first(Operation::ReadLedger), Some(line[3].id));
        assert_eq!(first(Operation::Purchase), Some(line[2].id));
    }
}
