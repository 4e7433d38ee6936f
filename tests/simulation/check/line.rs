//! Orders that wait to be posted with others: nobody leaves one behind but by dying, and none has had an effect.

use super::keys::record_name;
use super::table::{Table, text};
use super::{Checked, ensure};
use crate::world::World;

pub fn check(world: &World, table: &Table) -> Checked {
    let postings = table.postings();
    for order in table.of_kind("waiting order") {
        let (record, posting) = (text(order, "record"), text(order, "posting_id"));
        let asked = world.requests().find(|request| record_name(request).as_deref() == Some(&record));
        ensure(asked.is_some_and(|request| request.was_unknown()), || format!("left behind for no reason: {order}"))?;
        ensure(!postings.contains_key(posting.as_str()), || format!("posted, and waits still: {order}"))?;
    }
    Ok(())
}
