use domain::Refusal;

use super::*;
use crate::service::Tree;

/// A service that has no route.
struct Idle;

impl Tree for Idle {
    type Failure = Refusal;

    fn remembered(&self, _node: Node) -> Option<Lineage> {
        None
    }

    async fn find(&self, _node: Node) -> Result<Option<Lineage>, Refusal> {
        Ok(None)
    }
}

impl Service for Idle {
    type Action = ();
    const NAME: &'static str = "idle";
    const ROUTES: &'static [Route<()>] = &[];

    async fn handle(&self, (): (), _request: &Authorised) -> Result<Reply, Problem> {
        Ok(Reply::no_content())
    }
}

#[tokio::test]
async fn what_did_not_come_from_the_gateway_is_answered_nevertheless() {
    let response = Handler::new(Idle).respond(Request::default()).await.unwrap();
    assert_eq!(response.status(), 500);
    let Body::Text(body) = response.body() else { panic!("{:?}", response.body()) };
    let problem: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!((&problem["code"], &problem["status"]), (&"internal".into(), &500.into()), "{problem}");
}

#[test]
fn a_body_is_what_was_sent_whichever_way_it_came() {
    let read = |body: Body| call(Request::new(body), Form::Json, Timestamp::from_unix_ms(0).unwrap()).body;
    assert_eq!(read(Body::Empty), b"");
    assert_eq!(read(Body::Text("{}".to_owned())), b"{}");
    assert_eq!(read(Body::Binary(vec![0xff, 0])), [0xff, 0]);
}
