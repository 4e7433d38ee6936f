//! Lists of applications.

use serde_json::{Value, json};
use tests::Program;
use tests::program::items;

fn names(page: &Value) -> Vec<String> {
    items(page).iter().map(|application| application["legal_name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn applications_are_listed_by_parent_and_by_program_and_by_status() {
    let policies = json!({ "distributor": "automatic", "reseller": "manual", "customer": "automatic" });
    let program = Program::with(json!({ "verification": policies })).await;
    let distributor = program.onboard(&program.root).await;
    let named = |name: &str| tests::company::with(&program.company(), &json!({ "legal_name": name }));
    let mut applications = Vec::new();
    for name in ["Alpha", "Beta", "Gamma"] {
        applications.push(program.apply(&distributor, &named(name)).await.expect(201));
    }
    let reject = json!({ "decision": "reject", "reason": "No" });
    program.decide(&program.root, "verifier", &applications[1], &reject).await.expect(200);

    let list = async |query: &str| names(&program.read(&distributor, &format!("applications{query}")).await);
    assert_eq!(list("").await, ["Gamma", "Beta", "Alpha"], "newest first");
    assert_eq!(list("?status=in_review").await.len(), 2);
    assert_eq!(list("?status=rejected").await, ["Beta"]);
    assert_eq!(list("?status=approved").await, Vec::<String>::new());

    let verifier = program.member(&program.root, "verifier");
    let queue = format!("/v1/programs/{}/applications", program.id);
    let waiting = verifier.get(format!("{queue}?status=in_review")).await.expect(200);
    assert_eq!(names(&waiting), ["Alpha", "Gamma"], "the queue begins with who waits longest");
    let all = verifier.get(&queue).await.expect(200);
    assert_eq!(names(&all).len(), 4, "with the distributor's own");
}
