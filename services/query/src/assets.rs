//! What is tracked.

mod asset;
mod columns;
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
    headers::ETag,
    problem::{Problem, Problems},
};

use self::asset::Asset;
use crate::{
    compliance::about,
    parameters::{Day, NewEnough},
    read::Reading,
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
    responses((status = OK, body = Asset,
        headers(("ETag" = String, description = "Its version; not of how it was."))), Problems),
    security(("token" = [])))]
pub(crate) async fn one(
    reading: Reading,
    Path(id): Path<Uuid>,
    Query(query): Query<OneQuery>,
) -> Result<Response, Problem> {
    let (row, answered) = reading
        .ask_one(|asked| queries::asset(about(asked, query.as_of), id))
        .await?;
    let day = query.as_of.map_or(answered.context.today, |day| day.0);
    let found = Asset::of(&row, day)?;
    reading.may_read(Resource::Asset(CompanyId(found.company_id)))?;
    if query.as_of.is_none() && query.known_at.is_none() {
        return Ok((answered.entry, ETag(found.version), Json(found)).into_response());
    }
    let past = past::asset(&reading, found, day, query.known_at).await?;
    // What the token may see of today, it need not see of then.
    reading.may_read(Resource::Asset(CompanyId(past.company_id)))?;
    Ok((answered.entry, Json(past)).into_response())
}
