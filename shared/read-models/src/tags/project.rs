//! From assets to their tags.

use domain::{Subject, timeline::intervals};
use uuid::Uuid;

use super::TagRow;
use crate::{
    days,
    rows::{Sink, Unfit},
    world::World,
};

/// The tags of an asset on the days on which it is tracked.
pub(crate) fn asset(world: &World, tenant: Uuid, id: Uuid, sink: &mut Sink) -> Result<(), Unfit> {
    let Some(Subject::Asset(asset)) = world.get(tenant, id).map(|folded| &folded.subject) else {
        return Ok(());
    };
    let owned = intervals(days::of_owner(asset), |day| {
        (!days::is_archived(asset, day)).then(|| asset.company_on(day))
    });
    let rows: Vec<TagRow> = asset
        .tags
        .iter()
        .flat_map(|tag| {
            owned.iter().map(|interval| TagRow {
                tenant_id: tenant,
                asset_id: id,
                tag: tag.clone(),
                from_day: interval.from,
                until_day: interval.until,
                company_id: interval.value.0,
            })
        })
        .collect();
    sink.replace(&[&tenant, &id], &rows)
}
