//! The table of rights: every route, asked for from every relation in every role.

use serde_json::json;
use tests::Caller;
use tests::client::{Call, start};

use super::world::{RELATIONS, ROLES, Relation, World};
use Relation::{Child, OtherProgram, Own, Parent, Provider, Sibling, Uncle};

/// Who may do one thing with the reseller.
struct Right {
    route: &'static str,
    /// The roles that may, by relation.
    granted: &'static [(Relation, &'static [&'static str])],
    is_granted_to_operator: bool,
    /// What those below the reseller are told.
    below: u16,
}

const READERS: &[&str] = &["admin", "finance", "sales", "viewer"];
const READERS_AND_VERIFIER: &[&str] = &["admin", "finance", "sales", "viewer", "verifier"];
const LEDGER_READERS: &[(Relation, &[&str])] = &[(Own, READERS), (Parent, READERS), (Provider, READERS)];
const READERS_OF_COMPANIES: &[(Relation, &[&str])] =
    &[(Own, READERS), (Parent, READERS), (Provider, READERS_AND_VERIFIER)];
const APPLICANTS: &[(Relation, &[&str])] = &[(Own, &["admin", "sales"])];
const ADMINS: &[(Relation, &[&str])] = &[(Own, &["admin"]), (Parent, &["admin"])];
const BUYERS: &[&str] = &["admin", "finance", "sales"];

const fn reading(route: &'static str, granted: &'static [(Relation, &'static [&'static str])]) -> Right {
    Right { route, granted, is_granted_to_operator: true, below: 403 }
}

const fn doing(route: &'static str, granted: &'static [(Relation, &'static [&'static str])]) -> Right {
    Right { route, granted, is_granted_to_operator: false, below: 403 }
}

/// The application is with the distributor, as the program's policy for customers is `each_level`.
const RIGHTS: &[Right] = &[
    Right { below: 200, ..reading("GET /v1/accounts/{id}", READERS_OF_COMPANIES) },
    reading("GET /v1/accounts/{id}/applications", READERS_OF_COMPANIES),
    reading("GET /v1/accounts/{id}/applications/{application_id}", READERS_OF_COMPANIES),
    reading("GET /v1/accounts/{id}/position", LEDGER_READERS),
    reading("GET /v1/accounts/{id}/entries", LEDGER_READERS),
    reading("GET /v1/accounts/{id}/verification", LEDGER_READERS),
    reading("GET /v1/accounts/{id}/children", LEDGER_READERS),
    reading("GET /v1/accounts/{id}/tree", LEDGER_READERS),
    reading("GET /v1/accounts/{id}/overview", LEDGER_READERS),
    reading("GET /v1/accounts/{id}/purchases", LEDGER_READERS),
    reading("GET /v1/accounts/{id}/purchases/{purchase_id}", LEDGER_READERS),
    reading("GET /v1/accounts/{id}/alert-policy", LEDGER_READERS),
    reading("GET /v1/accounts/{id}/notifications", LEDGER_READERS),
    doing("POST /v1/accounts/{id}/registration-checks", APPLICANTS),
    doing("POST /v1/accounts/{id}/applications", APPLICANTS),
    doing("PATCH /v1/accounts/{id}/applications/{application_id}", APPLICANTS),
    doing("POST /v1/accounts/{id}/applications/{application_id}/withdrawal", APPLICANTS),
    doing("POST /v1/accounts/{id}/applications/{application_id}/decisions", &[(Parent, &["admin", "sales"])]),
    doing("POST /v1/accounts/{id}/allocations?preview=true", &[(Parent, &["admin", "finance"])]),
    doing("POST /v1/accounts/{id}/purchases?preview=true", &[(Own, BUYERS), (Parent, BUYERS)]),
    doing("POST /v1/accounts/{id}/capacity?preview=true", &[]),
    doing("GET /v1/accounts/{id}/members", ADMINS),
    doing("PUT /v1/accounts/{id}/members", ADMINS),
    doing("DELETE /v1/accounts/{id}/members", ADMINS),
    doing("PATCH /v1/accounts/{id}", &[(Own, &["admin"]), (Parent, &["admin", "finance"])]),
    doing("PUT /v1/accounts/{id}/alert-policy", &[(Own, &["admin"])]),
    doing("POST /v1/accounts/{id}/notifications/read", &[(Own, READERS)]),
    doing("POST /v1/accounts/{id}/notifications/{notification_id}/read", &[(Own, READERS)]),
];

/// Where purchases are the provider's.
const PROVIDER_BUYS: &[Right] = &[doing("POST /v1/accounts/{id}/purchases?preview=true", &[(Provider, BUYERS)])];

impl Right {
    fn expected(&self, relation: Relation, role: &str) -> u16 {
        let is_granted = self.granted.iter().any(|(of, roles)| *of == relation && roles.contains(&role));
        // Verifiers exist at providers only: elsewhere the role is nothing.
        let is_member = role != "verifier" || matches!(relation, Provider | OtherProgram);
        match relation {
            _ if is_granted => self.allowed(),
            _ if !is_member => 404,
            Own | Parent | Provider => 403,
            Child => self.below,
            Sibling | Uncle | OtherProgram => 404,
        }
    }

    /// A request that says nothing of use gets as far as being found fault with, and does nothing.
    fn allowed(&self) -> u16 {
        if self.route.starts_with("GET") { 200 } else { 422 }
    }
}

fn ask(world: &World, caller: &Caller, route: &str) -> Call {
    let (method, path) = route.split_once(' ').unwrap();
    let call = caller.call(method.parse().unwrap(), world.path(path));
    if method == "GET" { call } else { call.json(json!({ "nonsense": 1 })) }
}

/// Everybody who is somewhere, in every role.
fn everybody(world: &World) -> Vec<(Relation, &'static str, Caller)> {
    let roles_of = |relation| ROLES.map(|role| (relation, role, world.member(relation, role)));
    RELATIONS.into_iter().flat_map(roles_of).collect()
}

async fn check(world: &World, rights: &[Right]) {
    let (everybody, operator) = (everybody(world), world.operator());
    let stranger = world.program.caller("stranger", "");
    for right in rights {
        let mut answers = Vec::new();
        for (relation, role, caller) in &everybody {
            let expected = right.expected(*relation, role);
            answers.push((format!("{role} of {relation:?}"), expected, start(ask(world, caller, right.route))));
        }
        let expected = if right.is_granted_to_operator { right.allowed() } else { 403 };
        answers.push(("the operator".to_owned(), expected, start(ask(world, &operator, right.route))));
        answers.push(("a stranger".to_owned(), 404, start(ask(world, &stranger, right.route))));
        for (who, expected, answer) in answers {
            let answer = answer.await.unwrap();
            assert_eq!(answer.status, expected, "{who}: {}\n{answer}", right.route);
            if expected >= 400 {
                answer.check_problem();
            }
        }
    }
}

#[tokio::test]
async fn everybody_may_do_what_the_table_says_and_nothing_else() {
    let policies = json!({ "distributor": "automatic", "reseller": "automatic", "customer": "each_level" });
    let world = World::with(json!({ "verification": policies })).await;
    check(&world, RIGHTS).await;
}

#[tokio::test]
async fn only_the_provider_buys_where_the_program_says_so() {
    let world = World::with(json!({ "purchases": "provider" })).await;
    check(&world, PROVIDER_BUYS).await;
}

#[tokio::test]
async fn a_program_is_there_for_its_provider_and_the_operator_only() {
    let world = World::with(json!({})).await;
    for route in ["GET /v1/programs/{program_id}", "GET /v1/programs/{program_id}/applications"] {
        for relation in RELATIONS {
            for role in ROLES {
                let answer = ask(&world, &world.member(relation, role), route).await;
                let expected = if relation == Provider { 200 } else { 404 };
                assert_eq!(answer.status, expected, "{role} of {relation:?}\n{answer}");
            }
        }
        ask(&world, &world.operator(), route).await.expect(200);
    }
}

#[tokio::test]
async fn programs_and_capacity_are_the_operators() {
    let world = World::with(json!({})).await;
    let capacity = "POST /v1/accounts/{root}/capacity?preview=true";
    for role in ROLES {
        ask(&world, &world.member(Provider, role), "POST /v1/programs").await.refused(403, "forbidden");
        ask(&world, &world.member(Provider, role), capacity).await.refused(403, "forbidden");
    }
    ask(&world, &world.member(Parent, "admin"), capacity).await.refused(403, "forbidden");
    ask(&world, &world.member(OtherProgram, "admin"), capacity).await.refused(404, "not_found");
    ask(&world, &world.operator(), "POST /v1/programs").await.refused(422, "validation_failed");
    ask(&world, &world.operator(), capacity).await.refused(422, "validation_failed");
}

#[tokio::test]
async fn everybody_with_a_token_reads_their_own_memberships() {
    let world = World::with(json!({})).await;
    let stranger = world.program.caller("stranger", "platform:root nonsense acc_x:admin");
    assert_eq!(stranger.get("/v1/me").await.expect(200), json!({ "memberships": [] }));
    let operator = world.operator().get("/v1/me").await.expect(200);
    assert_eq!(operator, json!({ "memberships": [] }));
    let verifier = world.member(Provider, "verifier").get("/v1/me").await.expect(200);
    assert_eq!(verifier["memberships"][0]["position"], json!(null), "a verifier sees no positions: {verifier:#}");
}
