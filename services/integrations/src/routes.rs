//! How integrations stand, for people: what waits, what was given up, what would be done; and trying one out.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRef, State},
};
use chrono::{DateTime, Utc};
use deadpool_postgres::Pool;
use domain::{
    access::{Action, Principal, Resource, may},
    ids::IntegrationId,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use web::{
    access::{Authenticated, Authenticator},
    extract::{self, Path, Query},
    paging::{Cursor, Filters, Limit, Page},
    problem::{Kind, Problem, Problems},
};

use crate::{Context, desk::Desk, store::StoreError, trial};

/// How many parked deliveries one request may ask to be tried again.
const RETRIED_MAX: usize = 1_000;

/// What the routes have at hand. Cheap to clone.
#[derive(Clone)]
pub struct DeskState {
    desk: Desk,
    context: Arc<Context>,
    authenticator: Authenticator,
}

impl DeskState {
    /// `pool` logs in as *integration*.
    #[must_use]
    pub fn new(context: Context, pool: Pool, authenticator: Authenticator) -> Self {
        Self {
            desk: Desk::new(pool),
            context: Arc::new(context),
            authenticator,
        }
    }
}

impl FromRef<DeskState> for Authenticator {
    fn from_ref(state: &DeskState) -> Self {
        state.authenticator.clone()
    }
}

/// All routes, described and ready to be merged. The caller puts `web::shell` around them.
pub fn router(state: DeskState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(standing))
        .routes(routes!(backlog))
        .routes(routes!(parked))
        .routes(routes!(deliveries))
        .routes(routes!(retry))
        .routes(routes!(test))
        .with_state(state)
}

/// How an integration stands.
#[derive(Debug, Serialize, ToSchema)]
struct Standing {
    /// The last entry of the ledger that it took up; 0 before it is taken up for the first time.
    entry: i64,
    /// Why nothing is tried until somebody acts.
    paused_because: Option<String>,
    /// Alerts that were found in dry run.
    backlog: i64,
    /// Tickets that wait for a person.
    parked: i64,
    /// Webhooks and mails that wait for their turn.
    queued: i64,
    /// Webhooks and mails that were given up.
    given_up: i64,
}

/// An alert that would have been carried out, had the integration been on.
#[derive(Debug, Serialize, ToSchema)]
struct BacklogItem {
    alert_id: Uuid,
    /// The alert's kind.
    #[schema(example = "under_licensed")]
    kind: &'static str,
    company_id: Option<Uuid>,
    raised_at: DateTime<Utc>,
}

/// What waits for a person, or was given up.
#[derive(Debug, Serialize, ToSchema)]
struct Parked {
    /// By which it is asked for again.
    id: String,
    company_id: Option<Uuid>,
    /// Why, with what would mend it.
    why: String,
    alert_id: Option<Uuid>,
    since: DateTime<Utc>,
}

/// A webhook or a mail.
#[derive(Debug, Serialize, ToSchema)]
struct Delivery {
    /// A webhook's is the event's.
    id: Uuid,
    /// The entry of the ledger that it carries.
    entry: i64,
    /// `queued`, `sent` or `parked`.
    state: String,
    /// Tries so far.
    attempts: i32,
    /// When it is tried next, while it is queued.
    next_at: DateTime<Utc>,
    /// What went wrong last.
    last_error: Option<String>,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    #[serde(default)]
    #[param(inline)]
    limit: Limit,
    #[param(inline)]
    cursor: Option<Cursor>,
}

/// What is to be tried again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Retry {
    /// As the list of what is parked tells them, at most 1,000.
    ids: Vec<String>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
struct Retried {
    /// How many are tried again.
    retried: u64,
}

/// What came of a trial.
#[derive(Debug, Serialize, ToSchema)]
struct Tried {
    /// Whether the address, the credentials and the settings serve.
    ok: bool,
    /// What is wrong and how to mend it.
    problem: Option<String>,
}

/// They are the account's: whoever may not administer it learns nothing of them.
fn may_look(principal: &Principal) -> Result<(), Problem> {
    Ok(may(principal, Action::Administer, Resource::Policy)?)
}

fn failed(error: &StoreError) -> Problem {
    Problem::unavailable(error)
}

/// How an integration stands.
#[utoipa::path(get, path = "/v1/integrations/{id}/standing", operation_id = "integration_standing", tag = "Integrations",
    params(("id" = Uuid, Path)), responses((status = OK, body = Standing), Problems), security(("token" = [])))]
async fn standing(
    Authenticated(principal): Authenticated,
    State(state): State<DeskState>,
    Path(id): Path<Uuid>,
) -> Result<Json<Standing>, Problem> {
    may_look(&principal)?;
    let known = state
        .desk
        .standing(principal.tenant, IntegrationId(id))
        .await;
    let known = known.map_err(|error| failed(&error))?;
    let known = known.ok_or_else(|| Problem::new(Kind::NotFound))?;
    Ok(Json(Standing {
        entry: known.entry,
        paused_because: known.paused_because,
        backlog: known.backlog,
        parked: known.parked,
        queued: known.queued,
        given_up: known.given_up,
    }))
}

/// What a dry run would have carried out.
#[utoipa::path(get, path = "/v1/integrations/{id}/backlog", operation_id = "integration_backlog", tag = "Integrations",
    params(("id" = Uuid, Path), PageQuery), responses((status = OK, body = Page<BacklogItem>), Problems), security(("token" = [])))]
async fn backlog(
    Authenticated(principal): Authenticated,
    State(state): State<DeskState>,
    Path(id): Path<Uuid>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<BacklogItem>>, Problem> {
    may_look(&principal)?;
    let filters = || Filters::of("backlog", &id);
    let after: Option<Uuid> = keys(query.cursor.as_ref(), filters())?;
    let after = after.map(domain::ids::AlertId);
    let found = state
        .desk
        .backlog(
            principal.tenant,
            IntegrationId(id),
            after,
            query.limit.and_one(),
        )
        .await
        .map_err(|error| failed(&error))?;
    let items = found
        .into_iter()
        .map(|item| BacklogItem {
            alert_id: item.alert.0,
            kind: item.finding.kind.as_str(),
            company_id: item.finding.company.map(|company| company.0),
            raised_at: item.raised_at,
        })
        .collect();
    Ok(Json(Page::of(items, query.limit, filters(), |last| {
        last.alert_id
    })))
}

/// What waits for a person, or was given up.
#[utoipa::path(get, path = "/v1/integrations/{id}/parked", operation_id = "integration_parked", tag = "Integrations",
    params(("id" = Uuid, Path), PageQuery), responses((status = OK, body = Page<Parked>), Problems), security(("token" = [])))]
async fn parked(
    Authenticated(principal): Authenticated,
    State(state): State<DeskState>,
    Path(id): Path<Uuid>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Parked>>, Problem> {
    may_look(&principal)?;
    let filters = || Filters::of("parked", &id);
    let after: Option<String> = keys(query.cursor.as_ref(), filters())?;
    let found = state
        .desk
        .parked(
            principal.tenant,
            IntegrationId(id),
            after.as_deref(),
            query.limit.and_one(),
        )
        .await
        .map_err(|error| failed(&error))?;
    let items = found
        .into_iter()
        .map(|item| Parked {
            id: item.id,
            company_id: item.company.map(|company| company.0),
            why: item.why,
            alert_id: item.alert.map(|alert| alert.0),
            since: item.since,
        })
        .collect();
    Ok(Json(Page::of(items, query.limit, filters(), |last| {
        last.id.clone()
    })))
}

/// Webhooks and mails, the latest first.
#[utoipa::path(get, path = "/v1/integrations/{id}/deliveries", operation_id = "integration_deliveries", tag = "Integrations",
    params(("id" = Uuid, Path), PageQuery), responses((status = OK, body = Page<Delivery>), Problems), security(("token" = [])))]
async fn deliveries(
    Authenticated(principal): Authenticated,
    State(state): State<DeskState>,
    Path(id): Path<Uuid>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Delivery>>, Problem> {
    may_look(&principal)?;
    let filters = || Filters::of("deliveries", &id);
    let before: Option<(DateTime<Utc>, Uuid)> = keys(query.cursor.as_ref(), filters())?;
    let found = state
        .desk
        .deliveries(
            principal.tenant,
            IntegrationId(id),
            before,
            query.limit.and_one(),
        )
        .await
        .map_err(|error| failed(&error))?;
    let items = found
        .into_iter()
        .map(|item| Delivery {
            id: item.id,
            entry: item.entry,
            state: item.state,
            attempts: item.attempts,
            next_at: item.next_at,
            last_error: item.last_error,
            created_at: item.created_at,
            ended_at: item.ended_at,
        })
        .collect();
    let keys = |last: &Delivery| (last.created_at, last.id);
    Ok(Json(Page::of(items, query.limit, filters(), keys)))
}

/// Try again what is parked.
#[utoipa::path(post, path = "/v1/integrations/{id}/retry", operation_id = "retry_deliveries", tag = "Integrations",
    params(("id" = Uuid, Path)), request_body = Retry, responses((status = OK, body = Retried), Problems), security(("token" = [])))]
async fn retry(
    Authenticated(principal): Authenticated,
    State(state): State<DeskState>,
    Path(id): Path<Uuid>,
    extract::Json(body): extract::Json<Retry>,
) -> Result<Json<Retried>, Problem> {
    may_look(&principal)?;
    if body.ids.len() > RETRIED_MAX {
        let most = format!(
            "{} are too many: at most {RETRIED_MAX} are allowed",
            body.ids.len()
        );
        return Err(Problem::new(Kind::Validation).with_error("ids", most));
    }
    let now = state.context.commands.now();
    let retried = state
        .desk
        .retry(principal.tenant, IntegrationId(id), &body.ids, now)
        .await
        .map_err(|error| failed(&error))?;
    Ok(Json(Retried { retried }))
}

/// Try an integration out: asks a ticket system whether the settings serve, signs in to a mail server, posts a signed
/// `seatledger.Test` to a webhook. Makes no ticket and sends no mail.
#[utoipa::path(post, path = "/v1/integrations/{id}/test", operation_id = "test_integration", tag = "Integrations",
    params(("id" = Uuid, Path)), responses((status = OK, body = Tried), Problems), security(("token" = [])))]
async fn test(
    Authenticated(principal): Authenticated,
    State(state): State<DeskState>,
    Path(id): Path<Uuid>,
) -> Result<Json<Tried>, Problem> {
    may_look(&principal)?;
    let tried = trial::of(&state.context, principal.tenant, IntegrationId(id)).await;
    match tried.map_err(|error| failed(&error))? {
        None => Err(Problem::new(Kind::NotFound)),
        Some(outcome) => Ok(Json(Tried {
            ok: outcome.is_ok(),
            problem: outcome.err(),
        })),
    }
}

fn keys<K: serde::de::DeserializeOwned>(
    cursor: Option<&Cursor>,
    filters: Filters,
) -> Result<Option<K>, Problem> {
    cursor.map(|cursor| cursor.keys(filters)).transpose()
}
