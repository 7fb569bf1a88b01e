//! `/v1/jobs`.

use axum::{
    body::Body,
    extract::State as Shared,
    response::{IntoResponse, Response, Sse, sse::KeepAlive},
};
use domain::access::Principal;
use http::{StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{
    access::Authenticated,
    extract::Path,
    problem::{Kind, Problem, Problems},
};

use super::{
    events::{self, KEEP_ALIVE, Progress},
    faults::{self, Fault},
    job::{Job, Shown},
    store::Jobs,
};
use crate::{bodies::ById, imports::Catalog, state::State};

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list_jobs))
        .routes(routes!(show_job, cancel_job))
        .routes(routes!(follow_job))
        .routes(routes!(list_faults))
        .layer(axum::Extension(events::places()))
}

/// The jobs that are kept.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportJobs)]
struct Listed {
    /// The newest first: those that have not ended, and the latest 200 of the last 30 days.
    items: Vec<Shown>,
}

/// A job with the first rows that did not land.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportJobWithFaults)]
struct Whole {
    #[serde(flatten)]
    job: Shown,
    /// The first 100 rows that did not land, with all that is wrong with each.
    faults: Vec<Fault>,
}

/// List the imports that run, wait or ended in the last 30 days.
#[utoipa::path(
    get,
    path = "/v1/jobs",
    tag = "Imports",
    responses((status = 200, description = "The jobs.", body = Listed), Problems),
    security(("token" = []))
)]
async fn list_jobs(
    Authenticated(principal): Authenticated,
    Shared(state): Shared<State>,
) -> Result<axum::Json<Listed>, Problem> {
    let (jobs, _) = admitted(&state, &principal).await?;
    let items = jobs.list(principal.tenant).await?.into_iter();
    let visible = items.filter(|job| job.is_visible_to(&principal));
    Ok(axum::Json(Listed {
        items: visible.map(Job::shown).collect(),
    }))
}

/// Show how far a job came, and the first rows that did not land.
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}",
    tag = "Imports",
    params(ById),
    responses((status = 200, description = "The job.", body = Whole), Problems),
    security(("token" = []))
)]
async fn show_job(
    Authenticated(principal): Authenticated,
    Shared(state): Shared<State>,
    Path(ById { id }): Path<ById>,
) -> Result<axum::Json<Whole>, Problem> {
    let (jobs, _) = admitted(&state, &principal).await?;
    let job = visible(jobs, &principal, id).await?;
    let faults = jobs.faults(principal.tenant, id, 0).await?;
    Ok(axum::Json(Whole {
        job: job.shown(),
        faults: faults.into_iter().map(Fault::of).collect(),
    }))
}

/// Cancel a job. What has landed stays; rows on their way still land.
#[utoipa::path(
    delete,
    path = "/v1/jobs/{id}",
    tag = "Imports",
    params(ById),
    responses((status = 202, description = "It ends with its batch, if it has not ended before.", body = Shown), Problems),
    security(("token" = []))
)]
async fn cancel_job(
    Authenticated(principal): Authenticated,
    Shared(state): Shared<State>,
    Path(ById { id }): Path<ById>,
) -> Result<(StatusCode, axum::Json<Shown>), Problem> {
    let (jobs, _) = admitted(&state, &principal).await?;
    visible(jobs, &principal, id).await?;
    jobs.cancel(principal.tenant, id).await?;
    let job = visible(jobs, &principal, id).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(job.shown())))
}

/// Follow a job: a server-sent event `progress` whenever it came further, and the last one when it ended.
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}/events",
    tag = "Imports",
    params(ById),
    responses((status = 200, content_type = "text/event-stream", description = "How far it came.", body = Progress), Problems),
    security(("token" = []))
)]
async fn follow_job(
    Authenticated(principal): Authenticated,
    Shared(state): Shared<State>,
    axum::Extension(places): axum::Extension<crate::bulk::Slots>,
    Path(ById { id }): Path<ById>,
) -> Result<impl IntoResponse, Problem> {
    let (jobs, _) = admitted(&state, &principal).await?;
    visible(jobs, &principal, id).await?;
    let place = places
        .take(principal.tenant.0)
        .ok_or_else(|| Problem::new(Kind::Busy).with_detail("too many jobs are being followed"))?;
    let events = events::follow(state.clone(), principal, id, place);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// List all rows that did not land, as CSV: a line for each thing that is wrong. It repeats no secret.
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}/faults",
    tag = "Imports",
    params(ById),
    responses((status = 200, content_type = "text/csv", description = "`line,column,message`", body = String), Problems),
    security(("token" = []))
)]
async fn list_faults(
    Authenticated(principal): Authenticated,
    Shared(state): Shared<State>,
    Path(ById { id }): Path<ById>,
) -> Result<Response, Problem> {
    let (jobs, _) = admitted(&state, &principal).await?;
    visible(jobs, &principal, id).await?;
    let headers = [
        (
            header::CONTENT_TYPE,
            "text/csv; charset=utf-8; header=present",
        ),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"import-faults.csv\"",
        ),
    ];
    let lines = faults::lines(jobs.clone(), principal.tenant, id);
    Ok((headers, Body::from_stream(lines)).into_response())
}

/// What every route of jobs needs: a token that is good at this moment.
async fn admitted<'a>(
    state: &'a State,
    principal: &Principal,
) -> Result<(&'a Jobs, &'a Catalog), Problem> {
    state.check_token(principal.clone()).await?;
    state.imports().ok_or(Problem::new(Kind::NotFound))
}

async fn visible(jobs: &Jobs, principal: &Principal, id: uuid::Uuid) -> Result<Job, Problem> {
    let job = jobs.find(principal.tenant, id).await?;
    job.filter(|job| job.is_visible_to(principal))
        .ok_or_else(|| Problem::new(Kind::NotFound).with_detail("there is no such job"))
}
