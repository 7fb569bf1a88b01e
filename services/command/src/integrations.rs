//! Outside systems that alerts and events are carried to: `/v1/integrations`.

mod ledger;
mod secrets;
mod signing;

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Command, Violations,
    ids::{AssetTypeId, CompanyId, IntegrationId},
    integration::{Backlog, FilterDraft, IntegrationDraft, IntegrationPatch, Mode},
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use web::{
    extract::{Path, RawJson},
    problem::{Causes, Problem, Problems},
};

use crate::{
    answer::{Answer, Done},
    bodies::{ById, Reason, optional},
    call::{Call, WriteHeaders},
    errors::refused,
    integrations::signing::{Signed, with_first_key},
    state::State,
};

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(add_integration))
        .routes(routes!(change_integration))
        .routes(routes!(remove_integration))
        .routes(routes!(set_integration_mode))
        .routes(routes!(replay_integration))
        .merge(secrets::routes())
        .merge(signing::routes())
}

/// An integration to be added. It begins in dry run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewIntegration {
    /// What people call it.
    #[schema(example = "Our ticket desk", max_length = 200)]
    name: String,
    /// Its kind, which never changes; `GET /v1/integration-kinds` tells each one's settings and secrets.
    #[schema(example = "request_tracker")]
    kind: String,
    /// Its settings. Secrets are not among them: they are stored one by one, once it is there.
    #[serde(default)]
    #[schema(example = json!({"url": "https://rt.msp.example", "queue": "Licenses"}))]
    settings: BTreeMap<String, String>,
    /// What it is told; everything, unless set.
    #[serde(default)]
    filter: NewFilter,
    /// Whether the renewals of one company, vendor and deadline share one ticket; they do unless set.
    group_renewals: Option<bool>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// What changes of an integration. What is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedIntegration {
    /// Its new name.
    name: Option<String>,
    /// New settings; null takes one away.
    #[serde(default)]
    settings: BTreeMap<String, Option<String>>,
    /// The whole new filter.
    filter: Option<NewFilter>,
    /// Whether renewals share tickets.
    group_renewals: Option<bool>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// What an integration is told. An empty list filters nothing.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewFilter {
    /// Of these companies.
    #[serde(default)]
    #[schema(max_items = 200)]
    companies: BTreeSet<Uuid>,
    /// Alerts of these kinds. What waits for the review is told only if it is named.
    #[serde(default)]
    #[schema(example = json!(["under_licensed", "expiring"]), max_items = 200)]
    kinds: Vec<String>,
    /// Of a webhook: these types of events.
    #[serde(default)]
    #[schema(example = json!(["AlertRaised", "AlertCleared"]), max_items = 200)]
    events: Vec<String>,
    /// Of a webhook: of assets of these types.
    #[serde(default)]
    #[schema(max_items = 200)]
    types: BTreeSet<Uuid>,
}

/// Whether an integration carries anything.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMode {
    /// `dry_run` shows what it would do and does nothing; `on` does it; `paused` goes on later where it was.
    #[schema(example = "on")]
    mode: String,
    /// When it is turned on: what becomes of what was found before. `each`, a ticket for each; `summary`, one for each
    /// company; `skip`, none.
    #[schema(example = "summary")]
    backlog: Option<String>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// From where an integration is told again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Replay {
    /// All that came after this entry of the ledger; 0 for all.
    #[schema(minimum = 0)]
    after_entry: i64,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// Add an integration. A webhook gets a key that signs what it is sent, which is shown here and never again.
#[utoipa::path(
    post,
    path = "/v1/integrations",
    tag = "Integrations",
    params(WriteHeaders),
    request_body = NewIntegration,
    responses((status = 201, description = "Added, in dry run.", body = Signed), Problems),
    security(("token" = []))
)]
async fn add_integration(call: Call, body: RawJson<NewIntegration>) -> Result<Signed, Problem> {
    let NewIntegration {
        name,
        kind,
        settings,
        filter,
        group_renewals,
        reason,
    } = body.value;
    let draft = IntegrationDraft {
        name,
        kind,
        settings,
        filter: filter.draft(),
        group_renewals,
    };
    let (state, principal) = (call.state.clone(), call.principal.clone());
    let id = IntegrationId(state.new_id());
    let done = call
        .submit(&body.bytes, reason, Command::AddIntegration { id, draft })
        .await?;
    with_first_key(&state, principal, done).await
}

/// Change an integration.
#[utoipa::path(
    patch,
    path = "/v1/integrations/{id}",
    tag = "Integrations",
    params(ById, WriteHeaders),
    request_body = ChangedIntegration,
    responses((status = 200, description = "Changed.", body = Answer), Problems),
    security(("token" = []))
)]
async fn change_integration(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<ChangedIntegration>,
) -> Result<Done, Problem> {
    let ChangedIntegration {
        name,
        settings,
        filter,
        group_renewals,
        reason,
    } = body.value;
    let patch = IntegrationPatch {
        name,
        settings,
        filter: filter.map(NewFilter::draft),
        group_renewals,
    };
    let id = IntegrationId(id);
    call.submit(
        &body.bytes,
        reason,
        Command::ChangeIntegration { id, patch },
    )
    .await
}

/// Take an integration away. Tickets stay as they are; its secrets are destroyed.
#[utoipa::path(
    delete,
    path = "/v1/integrations/{id}",
    tag = "Integrations",
    params(ById, WriteHeaders),
    request_body = Option<Reason>,
    responses((status = 200, description = "Taken away.", body = Answer), Problems),
    security(("token" = []))
)]
async fn remove_integration(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: Option<RawJson<Option<Reason>>>,
) -> Result<Done, Problem> {
    let (Reason { reason }, bytes) = optional(body);
    let (state, tenant) = (call.state.clone(), call.principal.tenant.0);
    let command = Command::RemoveIntegration {
        id: IntegrationId(id),
    };
    let done = call.submit(&bytes, reason, command).await?;
    // Who is killed here is made up for by the sweep, which finds that the ledger stands behind none of them.
    if let Some(sweeper) = state.sweeper()
        && let Err(error) = sweeper.finish(state.secrets(), tenant, id).await
    {
        tracing::warn!(error = %Causes(&error), "the secrets of an integration are left to be swept");
    }
    Ok(done)
}

/// Turn an integration on or off.
#[utoipa::path(
    post,
    path = "/v1/integrations/{id}/mode",
    tag = "Integrations",
    params(ById, WriteHeaders),
    request_body = NewMode,
    responses((status = 200, description = "Set.", body = Answer), Problems),
    security(("token" = []))
)]
async fn set_integration_mode(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<NewMode>,
) -> Result<Done, Problem> {
    let NewMode {
        mode,
        backlog,
        reason,
    } = body.value;
    let mut found = Violations::default();
    let mode = word("mode", &mode, Mode::parse, &Mode::ALL, &mut found);
    let backlog = backlog
        .and_then(|given| word("backlog", &given, Backlog::parse, &Backlog::ALL, &mut found));
    if backlog.is_some() && mode.is_some_and(|mode| mode != Mode::On) {
        let message =
            "is asked for when an integration is turned on: leave it out, or send the mode \"on\"";
        found.add("backlog", message);
    }
    found.check().map_err(refused)?;
    let command = Command::SetIntegrationMode {
        id: IntegrationId(id),
        // Told above if it is none.
        mode: mode.unwrap_or(Mode::Paused),
        backlog,
    };
    call.submit(&body.bytes, reason, command).await
}

/// Have an integration told again of all that came after an entry of the ledger.
#[utoipa::path(
    post,
    path = "/v1/integrations/{id}/replay",
    tag = "Integrations",
    params(ById, WriteHeaders),
    request_body = Replay,
    responses((status = 200, description = "Asked for.", body = Answer), Problems),
    security(("token" = []))
)]
async fn replay_integration(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<Replay>,
) -> Result<Done, Problem> {
    let Replay {
        after_entry,
        reason,
    } = body.value;
    let id = IntegrationId(id);
    call.submit(
        &body.bytes,
        reason,
        Command::ReplayIntegration { id, after_entry },
    )
    .await
}

impl NewFilter {
    fn draft(self) -> FilterDraft {
        let Self {
            companies,
            kinds,
            events,
            types,
        } = self;
        FilterDraft {
            companies: companies.into_iter().map(CompanyId).collect(),
            kinds,
            events,
            types: types.into_iter().map(AssetTypeId).collect(),
        }
    }
}

/// The value that a word names, or what is wrong with it.
fn word<T>(
    field: &str,
    given: &str,
    parse: impl Fn(&str) -> Option<T>,
    all: &[(T, &'static str)],
    found: &mut Violations,
) -> Option<T> {
    let parsed = parse(given.trim());
    if parsed.is_none() {
        let words: Vec<&str> = all.iter().map(|(_, word)| *word).collect();
        let shown: String = given.chars().take(40).collect();
        found.add(
            field,
            format!("{shown:?} is none: choose {}", words.join(", ")),
        );
    }
    parsed
}
