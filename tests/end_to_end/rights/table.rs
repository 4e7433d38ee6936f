//! The table of rights: every operation, asked for from every relation in every role.

use serde_json::json;
use tests::Caller;
use tests::client::{Call, start};
use tests::contract::{Operation, operations};

use super::world::{RELATIONS, ROLES, Relation, World};
use Relation::{Child, OtherProgram, Own, Parent, Provider, Sibling, Uncle};

/// Who may do something: roles by relation.
type Granted = &'static [(Relation, &'static [&'static str])];

/// Whom an operation is there for.
#[derive(Clone, Copy)]
enum About {
    /// Those who see the reseller; others do not find it. Those below the reseller are told this.
    Account { below: u16 },
    /// Those who see the program; others do not find it.
    Program,
    /// The operator of the deployment; others are refused.
    Deployment,
    /// Everybody with a token.
    Caller,
    /// Everybody.
    Nobody,
}

/// Who may do one thing.
struct Right {
    /// Its name in the API's description.
    operation: &'static str,
    about: About,
    granted: Granted,
    is_granted_to_operator: bool,
    /// The status of a request that says nothing of use: it gets as far as being found fault with, and does nothing.
    allowed: u16,
}

const READERS: &[&str] = &["admin", "finance", "sales", "viewer"];
const READERS_AND_VERIFIER: &[&str] = &["admin", "finance", "sales", "viewer", "verifier"];
const FINANCE: &[&str] = &["admin", "finance"];
const BUYERS: &[&str] = &["admin", "finance", "sales"];
const LEDGER_READERS: Granted = &[(Own, READERS), (Parent, READERS), (Provider, READERS)];
const READERS_OF_COMPANIES: Granted = &[(Own, READERS), (Parent, READERS), (Provider, READERS_AND_VERIFIER)];
const READERS_OF_PROGRAMS: Granted = &[(Provider, READERS_AND_VERIFIER)];
const APPLICANTS: Granted = &[(Own, &["admin", "sales"])];
const ADMINS: Granted = &[(Own, &["admin"]), (Parent, &["admin"])];
const OWN_ADMIN: Granted = &[(Own, &["admin"])];
const OWN_FINANCE: Granted = &[(Own, FINANCE)];
const PARENTS_FINANCE: Granted = &[(Parent, FINANCE)];
const PROVIDERS_FINANCE: Granted = &[(Provider, FINANCE)];
const ANCESTORS_ADMINS: Granted = &[(Parent, &["admin"]), (Provider, &["admin"])];
const OWN_OR_PARENTS_BUYERS: Granted = &[(Own, BUYERS), (Parent, BUYERS)];
const PROVIDERS_BUYERS: Granted = &[(Provider, BUYERS)];

const fn right(operation: &'static str, about: About, granted: Granted, operator: bool, allowed: u16) -> Right {
    Right { operation, about, granted, is_granted_to_operator: operator, allowed }
}

const fn reading(operation: &'static str, granted: Granted) -> Right {
    right(operation, About::Account { below: 403 }, granted, true, 200)
}

const fn doing(operation: &'static str, granted: Granted) -> Right {
    right(operation, About::Account { below: 403 }, granted, false, 422)
}

/// The application is with the distributor, as the program's policy for customers is `each_level`.
const RIGHTS: &[Right] = &[
    right("getOpenApi", About::Nobody, &[], true, 200),
    right("getMe", About::Caller, &[], true, 200),
    right("createProgram", About::Deployment, &[], true, 422),
    right("getProgram", About::Program, READERS_OF_PROGRAMS, true, 200),
    right("listProgramApplications", About::Program, READERS_OF_PROGRAMS, true, 200),
    right("getAccount", About::Account { below: 200 }, READERS_OF_COMPANIES, true, 200),
    reading("listApplications", READERS_OF_COMPANIES),
    reading("getApplication", READERS_OF_COMPANIES),
    reading("getPosition", LEDGER_READERS),
    reading("listEntries", LEDGER_READERS),
    reading("verifyAccount", LEDGER_READERS),
    reading("listChildren", LEDGER_READERS),
    reading("getTree", LEDGER_READERS),
    reading("getOverview", LEDGER_READERS),
    reading("listPurchases", LEDGER_READERS),
    reading("getPurchase", LEDGER_READERS),
    reading("listHolds", LEDGER_READERS),
    reading("getHold", LEDGER_READERS),
    reading("listSettlements", LEDGER_READERS),
    reading("getAlertPolicy", LEDGER_READERS),
    reading("listNotifications", LEDGER_READERS),
    doing("checkRegistration", APPLICANTS),
    doing("apply", APPLICANTS),
    // It takes a table, not JSON.
    Right { allowed: 415, ..doing("importApplications", APPLICANTS) },
    doing("amendApplication", APPLICANTS),
    doing("withdrawApplication", APPLICANTS),
    doing("decideApplication", &[(Parent, &["admin", "sales"])]),
    Right { allowed: 200, ..doing("listMembers", ADMINS) },
    doing("putMember", ADMINS),
    doing("removeMember", ADMINS),
    doing("amendAccount", &[(Own, &["admin"]), (Parent, FINANCE)]),
    doing("suspendAccount", ANCESTORS_ADMINS),
    // It is not suspended.
    Right { allowed: 409, ..doing("reinstateAccount", ANCESTORS_ADMINS) },
    doing("closeAccount", ANCESTORS_ADMINS),
    doing("setCapacity", &[]),
    doing("allocate", PARENTS_FINANCE),
    doing("adjust", PARENTS_FINANCE),
    doing("rebalance", OWN_FINANCE),
    doing("purchase", OWN_OR_PARENTS_BUYERS),
    doing("placeHold", OWN_OR_PARENTS_BUYERS),
    doing("captureHold", OWN_OR_PARENTS_BUYERS),
    doing("releaseHold", OWN_OR_PARENTS_BUYERS),
    doing("refund", PROVIDERS_FINANCE),
    doing("charge", PROVIDERS_FINANCE),
    doing("settle", PARENTS_FINANCE),
    doing("reverseSettlement", PARENTS_FINANCE),
    doing("setAlertPolicy", OWN_ADMIN),
    doing("markRead", &[(Own, READERS)]),
    doing("markAllRead", &[(Own, READERS)]),
];

/// What differs where purchases are the provider's.
const WHERE_THE_PROVIDER_BUYS: &[Right] = &[
    doing("purchase", PROVIDERS_BUYERS),
    doing("placeHold", PROVIDERS_BUYERS),
    doing("captureHold", PROVIDERS_BUYERS),
    doing("releaseHold", PROVIDERS_BUYERS),
];

impl Right {
    fn of(operation: &Operation, rights: &'static [Right]) -> Option<&'static Right> {
        rights.iter().find(|right| right.operation == operation.id())
    }

    fn expected(&self, relation: Relation, role: &str) -> u16 {
        let is_granted = self.granted.iter().any(|(of, roles)| *of == relation && roles.contains(&role));
        // Verifiers exist at providers only: elsewhere the role is nothing.
        let is_member = role != "verifier" || matches!(relation, Provider | OtherProgram);
        match (self.about, relation) {
            (About::Caller | About::Nobody, _) => self.allowed,
            (About::Deployment, _) => 403,
            _ if is_granted => self.allowed,
            (About::Program, _) => 404,
            _ if !is_member => 404,
            (About::Account { .. }, Own | Parent | Provider) => 403,
            (About::Account { below }, Child) => below,
            (About::Account { .. }, Sibling | Uncle | OtherProgram) => 404,
        }
    }

    fn expected_of_operator(&self) -> u16 {
        if self.is_granted_to_operator { self.allowed } else { 403 }
    }

    /// Of somebody with a token and no membership.
    fn expected_of_stranger(&self) -> u16 {
        match self.about {
            About::Account { .. } | About::Program => 404,
            About::Deployment => 403,
            About::Caller | About::Nobody => self.allowed,
        }
    }
}

fn ask(world: &World, caller: &Caller, operation: &Operation) -> Call {
    let has_preview = operation.parameters_in("query").iter().any(|(name, _)| *name == "preview");
    let query = if has_preview { "?preview=true" } else { "" };
    let path = format!("{}{query}", world.path(operation.path));
    let call = caller.call(operation.method.parse().unwrap(), path);
    if operation.method == "GET" { call } else { call.json(json!({ "nonsense": 1 })) }
}

/// Everybody who is somewhere, in every role.
fn everybody(world: &World) -> Vec<(Relation, &'static str, Caller)> {
    let roles_of = |relation| ROLES.map(|role| (relation, role, world.member(relation, role)));
    RELATIONS.into_iter().flat_map(roles_of).collect()
}

async fn check(world: &World, operation: &Operation, right: &Right) {
    let mut answers = Vec::new();
    for (relation, role, caller) in everybody(world) {
        let who = format!("{role} of {relation:?}");
        answers.push((who, right.expected(relation, role), start(ask(world, &caller, operation))));
    }
    let (operator, stranger) = (world.operator(), world.program.caller("stranger", ""));
    let mut others = vec![
        ("the operator", right.expected_of_operator(), operator),
        ("a stranger", right.expected_of_stranger(), stranger),
    ];
    if matches!(right.about, About::Nobody) {
        others.push(("somebody without a token", right.allowed, world.program.client().anonymous()));
    }
    for (who, expected, caller) in others {
        answers.push((who.to_owned(), expected, start(ask(world, &caller, operation))));
    }
    for (who, expected, answer) in answers {
        let answer = answer.await.unwrap();
        assert_eq!(answer.status, expected, "{who}: {}\n{answer}", right.operation);
        if expected >= 400 {
            answer.check_problem();
        }
    }
}

#[tokio::test]
async fn everybody_may_do_what_the_table_says_and_nothing_else() {
    let policies = json!({ "distributor": "automatic", "reseller": "automatic", "customer": "each_level" });
    let world = World::with(json!({ "verification": policies })).await;
    for operation in operations() {
        let right = Right::of(operation, RIGHTS).unwrap_or_else(|| panic!("no line says who may {}", operation.id()));
        check(&world, operation, right).await;
    }
    for right in RIGHTS {
        let is_there = operations().iter().any(|operation| operation.id() == right.operation);
        assert!(is_there, "nothing is called {}", right.operation);
    }
}

#[tokio::test]
async fn only_the_provider_buys_where_the_program_says_so() {
    let world = World::with(json!({ "purchases": "provider" })).await;
    for operation in operations() {
        if let Some(right) = Right::of(operation, WHERE_THE_PROVIDER_BUYS) {
            check(&world, operation, right).await;
        }
    }
}

#[tokio::test]
async fn the_capacity_of_a_provider_is_the_operators() {
    let world = World::with(json!({})).await;
    let ask = |caller: Caller| {
        let path = format!("/v1/accounts/{}/capacity?preview=true", world.program.root);
        caller.post(path).json(json!({ "nonsense": 1 }))
    };
    for role in ROLES {
        ask(world.member(Provider, role)).await.refused(403, "forbidden");
    }
    ask(world.member(Parent, "admin")).await.refused(403, "forbidden");
    ask(world.member(OtherProgram, "admin")).await.refused(404, "not_found");
    ask(world.operator()).await.refused(422, "validation_failed");
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
