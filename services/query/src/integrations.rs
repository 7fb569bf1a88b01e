//! Outside systems that alerts and events are carried to. They are the account's: for tokens that may administer.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use domain::{
    access::{Action, Resource, may},
    integration::{IntegrationKind, Shape},
};
use read_models::{alerts::queries, register::queries::AfterName};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio_postgres::{Row, types::Json as PgJson};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    extract::{Path, Query},
    headers::ETag,
    paging::{Cursor, Filters, Limit, Page},
    problem::{Problem, Problems},
};

use crate::{
    export::{Cell, Lines},
    page::{self, Fetched, Listed},
    parameters::{Format, NewEnough},
    read::Reading,
    row::Columns,
};

/// An outside system.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Integration {
    id: Uuid,
    name: String,
    #[schema(example = "request_tracker")]
    kind: String,
    /// By the names that `GET /v1/integration-kinds` tells.
    #[schema(value_type = BTreeMap<String, String>)]
    settings: Box<RawValue>,
    /// What it is told. An empty list filters nothing.
    #[schema(value_type = IntegrationFilter)]
    filter: Box<RawValue>,
    /// Whether the renewals of one company, vendor and deadline share one ticket.
    group_renewals: bool,
    /// Its secrets, by name. Their values are shown to nobody.
    secrets: BTreeMap<String, IntegrationSecret>,
    /// `dry_run`, `on` or `paused`.
    mode: String,
    version: i32,
    /// The ledger's entry that changed it last.
    entry: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// What an integration is told.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "only described; the read model keeps it as JSON")]
struct IntegrationFilter {
    companies: Vec<Uuid>,
    /// Kinds of alerts.
    kinds: Vec<String>,
    /// Of a webhook: types of events.
    events: Vec<String>,
    /// Of a webhook: asset types.
    types: Vec<Uuid>,
}

/// Whether a secret is there.
#[derive(Debug, Serialize, ToSchema)]
struct IntegrationSecret {
    set: bool,
    /// The number of its value, if there is one; another number is another value.
    version: Option<i32>,
}

/// A kind of outside system, and what must be told of one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IntegrationKindOf {
    #[schema(example = "request_tracker")]
    kind: &'static str,
    /// Whether it has tickets.
    has_tickets: bool,
    settings: Vec<Setting>,
    /// The names of its secrets, each to be sent to `PUT /v1/integrations/{id}/secrets/{name}`.
    secrets: &'static [&'static str],
}

/// A setting of a kind.
#[derive(Debug, Serialize, ToSchema)]
struct Setting {
    name: &'static str,
    required: bool,
    /// `text`, `number`, `url`, `addresses` or `choice`.
    shape: &'static str,
    /// Of a number: the least.
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<i64>,
    /// Of a number: the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<i64>,
    /// Of a choice: what may be chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    choices: Option<&'static [&'static str]>,
    /// What it means.
    hint: &'static str,
}

#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// `csv` and `ndjson` answer all rows.
    #[serde(default, skip_serializing)]
    #[param(inline)]
    format: Format,
    #[serde(default, skip_serializing)]
    #[param(inline)]
    limit: Limit,
    #[serde(skip_serializing)]
    #[param(inline)]
    cursor: Option<Cursor>,
}

/// The integrations, by name.
#[utoipa::path(get, path = "/v1/integrations", operation_id = "list_integrations", tag = "Integrations",
    params(ListQuery, NewEnough), responses((status = OK, body = Page<Integration>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    may_administer(&reading)?;
    let list = Listed {
        name: "integrations",
        selection: Filters::of("integrations", &query),
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let reading = Arc::new(reading);
    let fetch = move |after: Option<AfterName>, limit| {
        let reading = Arc::clone(&reading);
        async move {
            let asked = reading.ask(|asked| {
                queries::integrations(asked.tenant, None, Some(false), after.as_ref(), limit)
            });
            let answered = asked.await?;
            let items = answered.rows.iter().map(Integration::of);
            Ok(Fetched {
                items: items.collect::<Result<_, _>>()?,
                entry: answered.entry,
            })
        }
    };
    let keys = |last: &Integration| AfterName {
        name: last.name.clone(),
        id: last.id,
    };
    page::listed(list, fetch, keys, Lines::new(COLUMNS, cells)).await
}

/// One integration.
#[utoipa::path(get, path = "/v1/integrations/{id}", operation_id = "get_integration", tag = "Integrations",
    params(("id" = Uuid, Path), NewEnough),
    responses((status = OK, body = Integration, headers(("ETag" = String, description = "Its version."))), Problems),
    security(("token" = [])))]
pub(crate) async fn one(reading: Reading, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    may_administer(&reading)?;
    let asked = reading
        .ask_one(|asked| queries::integrations(asked.tenant, Some(id), Some(false), None, 1));
    let (row, answered) = asked.await?;
    let found = Integration::of(&row)?;
    Ok((answered.entry, ETag(found.version), Json(found)).into_response())
}

/// The kinds of outside systems, with their settings and secrets.
#[utoipa::path(get, path = "/v1/integration-kinds", operation_id = "list_integration_kinds", tag = "Integrations",
    params(NewEnough), responses((status = OK, body = Page<IntegrationKindOf>), Problems), security(("token" = [])))]
pub(crate) async fn kinds(reading: Reading) -> Result<Json<Page<IntegrationKindOf>>, Problem> {
    reading.may_read(Resource::Policy)?;
    let items = IntegrationKind::ALL
        .iter()
        .map(|(kind, word)| IntegrationKindOf {
            kind: word,
            has_tickets: kind.is_psa(),
            settings: kind.settings().iter().map(Setting::of).collect(),
            secrets: kind.secrets(),
        });
    Ok(Json(Page {
        items: items.collect(),
        next_cursor: None,
    }))
}

fn may_administer(reading: &Reading) -> Result<(), Problem> {
    Ok(may(
        &reading.principal,
        Action::Administer,
        Resource::Policy,
    )?)
}

impl Integration {
    fn of(row: &Row) -> Result<Self, Problem> {
        let kind: String = row.read("kind")?;
        let PgJson(stored) = row.read::<PgJson<BTreeMap<String, i32>>>("secrets")?;
        let names = IntegrationKind::parse(&kind).map_or(&[][..], IntegrationKind::secrets);
        let secrets = names.iter().map(|name| {
            let version = stored.get(*name).copied();
            let set = version.is_some();
            ((*name).to_owned(), IntegrationSecret { set, version })
        });
        Ok(Self {
            id: row.read("integration_id")?,
            name: row.read("name")?,
            settings: row.json("settings")?,
            filter: row.json("filter")?,
            group_renewals: row.read("group_renewals")?,
            secrets: secrets.collect(),
            mode: row.read("mode")?,
            version: row.read("version")?,
            entry: row.read("entry")?,
            created_at: row.read("created_at")?,
            updated_at: row.read("updated_at")?,
            kind,
        })
    }
}

impl Setting {
    fn of(spec: &domain::integration::SettingSpec) -> Self {
        let (shape, min, max, choices) = match spec.shape {
            Shape::Text => ("text", None, None, None),
            Shape::Number(min, max) => ("number", Some(min), Some(max), None),
            Shape::Url => ("url", None, None, None),
            Shape::Addresses => ("addresses", None, None, None),
            Shape::Choice(words) => ("choice", None, None, Some(words)),
        };
        Self {
            name: spec.name,
            required: spec.required,
            shape,
            min,
            max,
            choices,
            hint: spec.hint,
        }
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 8] = [
    "integration_id",
    "name",
    "kind",
    "mode",
    "settings",
    "filter",
    "group_renewals",
    "version",
];

fn cells<'a>(integration: &'a Integration, cells: &mut Vec<Cell<'a>>) {
    cells.extend([
        Cell::plain(integration.id),
        Cell::text(&integration.name),
        Cell::plain(&integration.kind),
        Cell::plain(&integration.mode),
        Cell::text(integration.settings.get()),
        Cell::text(integration.filter.get()),
        Cell::plain(integration.group_renewals),
        Cell::plain(integration.version),
    ]);
}
