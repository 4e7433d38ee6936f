//! The event of a new member.

use domain::EventType;
use events::{Event, MemberData};
use ledger::Invited;

use crate::event_id::event_id;

/// Tells of a new member, so that the person can be invited. Somebody who was removed and comes again is told of again.
pub fn invitation(invited: &Invited) -> Event {
    let member = &invited.member;
    let data = MemberData {
        email: member.email.clone(),
        roles: member.roles.clone(),
        locale: invited.locale.clone(),
        legal_name: invited.legal_name.clone(),
    };
    // The id says nothing of the address: it is a digest.
    let parts = [&member.account_id.to_string(), &member.email.to_lowercase(), EventType::MemberInvited.name()];
    Event {
        id: event_id(member.created_at, &parts),
        event_type: EventType::MemberInvited,
        occurred_at: member.created_at,
        program_id: invited.program_id,
        account_id: Some(member.account_id),
        parent_id: invited.parent_id,
        data: data.to_value(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{AccountId, By, Member, ProgramId, Role, Timestamp};
    use serde_json::json;

    fn invited(email: &str, at_ms: i64) -> Invited {
        let at = Timestamp::from_unix_ms(at_ms).unwrap();
        let account_id = AccountId::new(Timestamp::EPOCH, 1);
        let roles = vec![Role::Finance];
        Invited {
            member: Member { account_id, email: email.into(), roles, created_at: at, by: By::default(), version: 1 },
            program_id: ProgramId::new(Timestamp::EPOCH, 0),
            parent_id: None,
            legal_name: "Hanbit".into(),
            locale: Some("ko".into()),
        }
    }

    #[test]
    fn a_new_member_is_told_with_all_that_an_invitation_needs() {
        let event = invitation(&invited("Kim@hanbit.example", 5_000));
        assert_eq!((event.event_type.name(), event.occurred_at.unix_ms()), ("MemberInvited", 5_000));
        let expected =
            json!({"email": "Kim@hanbit.example", "roles": ["finance"], "locale": "ko", "legal_name": "Hanbit"});
        assert_eq!(event.data, expected);
    }

    #[test]
    fn the_same_membership_has_the_same_id_and_a_later_one_another() {
        let id = |email, at| invitation(&invited(email, at)).id;
        assert_eq!(id("Kim@hanbit.example", 5_000), id("kim@hanbit.example", 5_000));
        assert_ne!(id("kim@hanbit.example", 5_000), id("kim@hanbit.example", 6_000));
        assert_ne!(id("kim@hanbit.example", 5_000), id("lee@hanbit.example", 5_000));
    }
}
