//! What is tracked.

mod asset;
mod columns;
mod details;
mod fields;
mod list;
mod order;
mod past;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use domain::{access::Resource, ids::CompanyId};
use read_models::register::queries;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;
use web::{
    extract::{Path, Query},
    headers::{ETag, Entry},
    problem::{Problem, Problems},
};

use self::{
    asset::Asset,
    details::{Details, InFull},
};
use crate::{
    compliance::about,
    holdings::RenewalDecision,
    parameters::{Day, NewEnough},
    read::{Context, Reading},
};

pub(crate) use list::{__path_list, list};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OneQuery {
    /// As it was, or will be, on this day.
    #[param(inline)]
    as_of: Option<Day>,
    /// As far as it was known at this instant.
    known_at: Option<DateTime<Utc>>,
}

/// One asset: as it is, or as it was on a day, as far as that was known at an instant.
#[utoipa::path(get, path = "/v1/assets/{id}", operation_id = "get_asset", tag = "Assets", params(("id" = Uuid, Path), OneQuery, NewEnough),
    responses((status = OK, body = InFull,
        headers(("ETag" = String, description = "Its version; not of how it was."))), Problems),
    security(("token" = [])))]
pub(crate) async fn one(
    reading: Reading,
    Path(id): Path<Uuid>,
    Query(query): Query<OneQuery>,
) -> Result<Response, Problem> {
    let day_of = |asked: &Context| query.as_of.map_or(asked.today, |day| day.0);
    let asset = reading.ask_one(|asked| queries::asset(about(asked, query.as_of), id));
    let detailed = reading.ask_one(|asked| details::details(asked.tenant, id, day_of(asked)));
    let ((row, answered), (more, detailed)) = tokio::try_join!(asset, detailed)?;
    let day = day_of(&answered.context);
    let found = Asset::of(&row, day)?;
    reading.may_read(Resource::Asset(CompanyId(found.company_id)))?;
    let entry = Entry(answered.entry.0.min(detailed.entry.0));
    let settings = &answered.context.settings;
    let is_present = query.as_of.is_none() && query.known_at.is_none();
    let mut found = if is_present {
        InFull {
            details: Details::of(&more, settings, day)?,
            asset: found,
        }
    } else {
        past::asset(&reading, found, day, query.known_at, settings).await?
    };
    // What the token may see of today, it need not see of then.
    reading.may_read(Resource::Asset(CompanyId(found.asset.company_id)))?;
    RenewalDecision::name(&reading, found.details.renewal_mut().into_iter()).await?;
    Ok(if is_present {
        (entry, ETag(found.asset.version), Json(found)).into_response()
    } else {
        (entry, Json(found)).into_response()
    })
}
