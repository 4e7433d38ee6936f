//! What the API says afterwards is what is in the table, and what was accepted before is answered as before.

use std::sync::Arc;

use serde_json::Value;

use super::table::Table;
use super::{Checked, ensure, same};
use crate::machine::Machine;
use crate::number::number;
use crate::wire::Actor;
use crate::world::World;
use tests::in_process::gateway::Asked;

pub async fn check(world: &World, table: &Table) -> Checked {
    let mut machine = Machine::new(Actor::new(70, "reader"), &Arc::clone(&world.cloud));
    for position in table.positions.values() {
        let id = &position.id;
        let verification = read(&mut machine, &format!("/v1/accounts/{id}/verification")).await;
        ensure(verification["consistent"] == true, || format!("verification of {id}: {verification}"))?;
        same(&format!("entries of {id}"), &verification["entries"], &Value::from(position.seq))?;
        let shown = read(&mut machine, &format!("/v1/accounts/{id}/position")).await;
        for name in ["granted", "allocated", "held", "used", "available", "paid", "collected"] {
            let figure = number(shown[name].as_str().expect("a figure"));
            same(&format!("{name} of {id}"), &figure, &position.figures[name])?;
        }
        let entries = read(&mut machine, &format!("/v1/accounts/{id}/entries?limit=200")).await;
        let shown: Vec<u64> =
            entries["items"].as_array().expect("entries").iter().filter_map(|entry| entry["seq"].as_u64()).collect();
        same(&format!("statement of {id}"), &shown, &(1..=position.seq).rev().collect())?;
    }
    Ok(())
}

async fn read(machine: &mut Machine, path: &str) -> Value {
    let asked = Asked {
        method: "GET",
        path: path.to_owned(),
        body: None,
        key: None,
        sub: "operator".to_owned(),
        memberships: "platform:operator".to_owned(),
    };
    let told = machine.ask(&asked).await.expect("nothing goes wrong any more");
    assert_eq!(told.status, 200, "{path}: {told:?}");
    told.body
}

/// Asks for everything once more that was accepted under a key.
pub async fn replays(world: &mut World) -> Checked {
    for client in &mut world.clients {
        for place in 0..client.requests.len() {
            let request = &client.requests[place];
            let Some(first) = request.accepted().map(|told| told.body.clone()) else { continue };
            if !request.effect.is_once() {
                continue;
            }
            let told = client.replay(place).await;
            let asked = &client.requests[place].asked;
            ensure(told.status == 201 && told.is_replayed, || format!("not replayed: {asked:?}: {told:?}"))?;
            same(&format!("replay of {asked:?}"), &told.body, &first)?;
        }
    }
    Ok(())
}
