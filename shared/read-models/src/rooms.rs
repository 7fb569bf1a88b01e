//! Which room has which rows: the one place that both drivers ask.

use std::collections::BTreeSet;

use domain::{Event, Subject, ids::TenantId, product::Alias};
use uuid::Uuid;

use crate::{
    Model, alerts, catalog, compliance,
    compliance::project::{Share, TenantPool},
    entry::Entry,
    expiry, holdings, register,
    rows::{Sink, Unfit},
    seats, tags, trail,
    world::{Folded, Stream, World},
};

/// What an event may have changed of the rows that a model derives from states.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Touched {
    /// Nothing.
    Nothing,
    /// The rows of one subject.
    Subject(Stream),
    /// Those of a type and of all its assets.
    Type(Stream),
    /// Those of all assets of a tenant that name their product so.
    Names(Uuid, BTreeSet<Alias>),
}

/// What an event touches in a model. `after` is the state of its stream with the event.
pub(crate) fn touched(model: Model, entry: &Entry, after: &Folded) -> Touched {
    let tenant = entry.recorded.tenant_id;
    let stream = (tenant, entry.recorded.stream_id);
    match (&after.subject, model) {
        (Subject::Asset(_), _) if model.follows(&entry.fact.event) => Touched::Subject(stream),
        (Subject::AssetType(_), Model::Register | Model::Compliance | Model::Expiry) => {
            match entry.fact.event {
                // It has no assets yet.
                Event::AssetTypeDefined { .. } if model != Model::Register => Touched::Nothing,
                Event::AssetTypeDefined { .. } => Touched::Subject(stream),
                _ => Touched::Type(stream),
            }
        }
        (Subject::Company(_) | Subject::Document(_) | Subject::Tenant(_), Model::Register) => {
            Touched::Subject(stream)
        }
        (Subject::Catalog(_), Model::Catalog) => Touched::Subject(stream),
        (Subject::Catalog(catalog), Model::Compliance | Model::Expiry) => {
            Touched::Names(tenant, catalog.names_touched(&entry.fact.event))
        }
        (Subject::Alert(_) | Subject::Integration(_) | Subject::Feed(_), Model::Alerts) => {
            Touched::Subject(stream)
        }
        // The policy's row is the tenant's.
        (Subject::Policy(_), Model::Register) => Touched::Subject((tenant, TenantId(tenant).0)),
        _ => Touched::Nothing,
    }
}

/// The rows that an event adds, by itself and for ever. `seats_before` is what [`seats::project::count`]
/// answered before the event was folded, `after` the state of its stream with it, if it has one.
pub(crate) fn append(
    model: Model,
    entry: &Entry,
    seats_before: Option<i64>,
    after: Option<&Folded>,
    sink: &mut Sink,
) -> Result<(), Unfit> {
    match (model, &entry.fact.event) {
        (Model::Seats, _) => {
            let change = after.and_then(|after| seats::project::change(entry, seats_before, after));
            change.map_or(Ok(()), |change| sink.append(&change))
        }
        (Model::Trail, _) => {
            let row = trail::project::row(entry, after);
            for concerned in trail::project::concerned(&row, entry, after) {
                sink.append(&concerned)?;
            }
            sink.append(&row)
        }
        _ => Ok(()),
    }
}

/// The rows that a model derives from a subject's state. Of the compliance model also what the subject adds to
/// its pools, whose rows are [`compliance::project::pool`]'s.
pub(crate) fn derive(
    model: Model,
    world: &World,
    (tenant, stream): Stream,
    sink: &mut Sink,
) -> Result<Vec<(TenantPool, Share)>, Unfit> {
    let is_asset = || {
        matches!(
            world.get(tenant, stream),
            Some(Folded {
                subject: Subject::Asset(_),
                ..
            })
        )
    };
    match model {
        Model::Register => register::project::subject(world, tenant, stream, sink)?,
        Model::Compliance if is_asset() => {
            return compliance::project::asset(world, tenant, stream, sink);
        }
        Model::Expiry if is_asset() => expiry::project::asset(world, tenant, stream, sink)?,
        Model::Tags if is_asset() => tags::project::asset(world, tenant, stream, sink)?,
        Model::Holdings if is_asset() => holdings::project::asset(world, tenant, stream, sink)?,
        Model::Catalog => catalog::project::subject(world, tenant, stream, sink)?,
        Model::Alerts => alerts::project::subject(world, tenant, stream, sink)?,
        Model::Compliance
        | Model::Expiry
        | Model::Tags
        | Model::Holdings
        | Model::Seats
        | Model::Trail => {}
    }
    Ok(Vec::new())
}
