//! What should be acted on, and in which tickets it is.

mod ticket;

use std::sync::Arc;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    access::Resource,
    alert::{Cause, Kind as AlertKind},
};
use read_models::alerts::queries::{self, AfterAlert, AlertOrder, Alerts};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    extract::{Path, Query},
    headers::ETag,
    paging::{Cursor, Filters, Limit, Page},
    problem::{Kind, Problem, Problems},
};

use crate::{
    compliance::covering,
    export::{Cell, Lines},
    page::{self, Fetched, Listed},
    parameters::{CompanyName, Format, NewEnough, filter},
    read::Reading,
    row::Columns,
};

pub(crate) use ticket::{__path_list as __path_tickets, list as tickets};

/// How alerts stand. A pending one is noticed, and waits whether it lasts.
const STANDINGS: [&str; 3] = ["pending", "open", "cleared"];

/// An open finding that somebody should act on, or one that was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alert {
    id: Uuid,
    /// Whose; null of what concerns the whole account.
    company: Option<CompanyName>,
    #[schema(example = "under_licensed")]
    kind: String,
    /// What there is one alert of: kinds of one cause follow each other on it.
    #[schema(example = "shortage")]
    cause: String,
    /// `pool`, `asset` or `token`.
    about: String,
    /// Of one about an asset: which.
    asset: Option<AlertAsset>,
    /// Of one about a token: which.
    token_id: Option<Uuid>,
    /// Of one about licenses: what they are of.
    product: Option<AlertProduct>,
    vendor: Option<String>,
    metric: Option<String>,
    /// `pending`, `open` or `cleared`.
    standing: String,
    /// Of a pending one: when it is raised, if it lasts.
    due_at: Option<DateTime<Utc>>,
    /// How often it was raised; each time is another matter, with tickets of its own.
    occurrence: i32,
    /// The last day of the term, or of the maintenance.
    term: Option<NaiveDate>,
    /// The last day on which something can be done.
    deadline: Option<NaiveDate>,
    /// Of the policy's lead days, the one that was passed last.
    lead_days: Option<i32>,
    /// The first day on which it was so.
    since: Option<NaiveDate>,
    /// Seats: missing, to be trued up, spare, or free, as the kind says.
    seats: Option<i64>,
    owned: Option<i64>,
    in_use: Option<i64>,
    /// What the person wrote who asked for it.
    note: Option<String>,
    /// Whether somebody knows of it: nothing more is told until it gets worse.
    acknowledged: bool,
    /// Nothing is told up to and including this day.
    snoozed_until: Option<NaiveDate>,
    /// When it was noticed.
    begun_at: DateTime<Utc>,
    raised_at: Option<DateTime<Utc>>,
    changed_at: DateTime<Utc>,
    cleared_at: Option<DateTime<Utc>>,
    /// Of a cleared one, why: `gone`, `next_term`, `decided` or `by_person`.
    cleared: Option<String>,
    /// The licenses concerned, the first 50.
    #[schema(value_type = Vec<AlertLicense>)]
    licenses: Box<RawValue>,
    /// Its tickets, one in each system.
    #[schema(value_type = Vec<AlertTicket>)]
    tickets: Box<RawValue>,
    version: i32,
    /// The ledger's entry that changed it last.
    entry: i64,
    #[serde(skip)]
    gravity: i32,
    #[serde(skip)]
    urgent_on: NaiveDate,
}

/// The asset that an alert is about.
#[derive(Debug, Serialize, ToSchema)]
struct AlertAsset {
    id: Uuid,
    name: Option<String>,
}

/// What licenses are of.
#[derive(Debug, Serialize, ToSchema)]
struct AlertProduct {
    /// None while no product of the catalog has the name.
    id: Option<Uuid>,
    name: Option<String>,
}

/// A license that is concerned.
#[derive(Debug, ToSchema)]
#[allow(
    dead_code,
    reason = "only described; the read model answers it as JSON"
)]
struct AlertLicense {
    asset_id: Uuid,
    name: Option<String>,
}

/// A ticket of an alert.
#[derive(Debug, ToSchema)]
#[allow(
    dead_code,
    reason = "only described; the read model answers it as JSON"
)]
struct AlertTicket {
    integration_id: Uuid,
    /// What the integration is called.
    integration: Option<String>,
    /// The system's own id.
    ticket_id: String,
    /// What people call it.
    #[schema(example = "#1234")]
    number: String,
    /// Where a person opens it.
    url: Option<String>,
    /// `open`, `taken_over`, `closed`, `closed_by_person` or `deleted`.
    standing: String,
    opened_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Of one of these companies.
    #[serde(default)]
    company: Vec<Uuid>,
    /// Of one of these kinds, such as `under_licensed` or `expiring`.
    #[serde(default)]
    kind: Vec<String>,
    /// Of one of these causes, such as `shortage` or `expiry`.
    #[serde(default)]
    cause: Vec<String>,
    /// `pending`, `open` or `cleared`; open ones unless set.
    #[serde(default)]
    standing: Vec<String>,
    /// Only those that somebody knows of, or nobody does.
    acknowledged: Option<bool>,
    /// Only those that are, or are not, put off today.
    snoozed: Option<bool>,
    /// About one of these assets.
    #[serde(default)]
    asset: Vec<Uuid>,
    /// About licenses of one of these products, each told by its id, by one of its names or by a part number.
    #[serde(default)]
    product: Vec<String>,
    /// `urgent`: the gravest first, of these the nearest deadline. `newest`: what was noticed last.
    #[serde(default)]
    #[param(inline)]
    sort: Sort,
    /// `csv`, `xlsx` and `ndjson` answer all rows.
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

/// The order of alerts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Sort {
    #[default]
    Urgent,
    Newest,
}

/// The alerts that the token sees.
#[utoipa::path(get, path = "/v1/alerts", operation_id = "list_alerts", tag = "Alerts", params(ListQuery, NewEnough),
    responses((status = OK, body = Page<Alert>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    known(
        "kind",
        &query.kind,
        AlertKind::ALL.iter().map(|(_, word)| *word),
    )?;
    known(
        "cause",
        &query.cause,
        Cause::ALL.iter().map(|(_, word)| *word),
    )?;
    known("standing", &query.standing, STANDINGS.into_iter())?;
    let list = Listed {
        name: "alerts",
        selection: Filters::of("alerts", &query),
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let product_keys = covering(&reading, &query.product).await?;
    let sort = query.sort;
    let asked = Arc::new((reading, query.clone(), product_keys));
    let fetch = move |after, limit| {
        let asked = Arc::clone(&asked);
        async move {
            fetch(
                &asked.0,
                asked.1.wanted(asked.2.clone()),
                asked.1.sort,
                after,
                limit,
            )
            .await
        }
    };
    let keys = move |last: &Alert| match sort {
        Sort::Urgent => AfterAlert::Urgent {
            gravity: last.gravity,
            urgent_on: last.urgent_on,
            alert_id: last.id,
        },
        Sort::Newest => AfterAlert::Newest {
            begun_at: last.begun_at,
            alert_id: last.id,
        },
    };
    page::listed(list, fetch, keys, Lines::new(COLUMNS, cells)).await
}

/// One alert, with its licenses and tickets.
#[utoipa::path(get, path = "/v1/alerts/{id}", operation_id = "get_alert", tag = "Alerts", params(("id" = Uuid, Path), NewEnough),
    responses((status = OK, body = Alert, headers(("ETag" = String, description = "Its version."))), Problems),
    security(("token" = [])))]
pub(crate) async fn one(reading: Reading, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    let wanted = Alerts {
        one: Some(id),
        ..Alerts::default()
    };
    let mut fetched = fetch(&reading, wanted, Sort::Urgent, None, 1).await?;
    let found = fetched
        .items
        .pop()
        .ok_or_else(|| Problem::new(Kind::NotFound))?;
    Ok((fetched.entry, ETag(found.version), Json(found)).into_response())
}

async fn fetch(
    reading: &Reading,
    wanted: Alerts,
    sort: Sort,
    after: Option<AfterAlert>,
    limit: i64,
) -> Result<Fetched<Alert>, Problem> {
    let order = match sort {
        Sort::Urgent => AlertOrder::Urgent,
        Sort::Newest => AlertOrder::Newest,
    };
    let asked = reading.ask(|asked| {
        let sees = asked.companies.clone();
        let after = after.as_ref();
        queries::alerts(
            asked.tenant,
            sees,
            asked.today,
            wanted.clone(),
            order,
            after,
            limit,
        )
    });
    let answered = asked.await?;
    let items = answered
        .rows
        .iter()
        .map(Alert::of)
        .collect::<Result<_, _>>()?;
    Ok(Fetched {
        items,
        entry: answered.entry,
    })
}

/// A word that names nothing is told, or a filter with a slip would answer an empty list.
pub(crate) fn known(
    parameter: &str,
    given: &[String],
    words: impl Iterator<Item = &'static str>,
) -> Result<(), Problem> {
    let words: Vec<&str> = words.collect();
    let Some(unknown) = given.iter().find(|word| !words.contains(&word.as_str())) else {
        return Ok(());
    };
    let shown: String = unknown.chars().take(40).collect();
    let message = format!("{shown:?} is none: choose among {}", words.join(", "));
    Err(Problem::new(Kind::BadQuery).with_error(parameter, message))
}

impl ListQuery {
    fn wanted(&self, product_keys: Option<Vec<String>>) -> Alerts {
        let open = || vec!["open".to_owned()];
        Alerts {
            one: None,
            companies: filter(self.company.clone()),
            kinds: filter(self.kind.clone()),
            causes: filter(self.cause.clone()),
            standings: Some(filter(self.standing.clone()).unwrap_or_else(open)),
            acknowledged: self.acknowledged,
            snoozed: self.snoozed,
            assets: filter(self.asset.clone()),
            product_keys,
        }
    }
}

impl Alert {
    fn of(row: &Row) -> Result<Self, Problem> {
        let company: Option<Uuid> = row.read("company_id")?;
        let company_name: Option<String> = row.read("company_name")?;
        let asset: Option<Uuid> = row.read("asset_id")?;
        let asset_name: Option<String> = row.read("asset_name")?;
        let product_id: Option<Uuid> = row.read("product_id")?;
        let product: Option<String> = row.read("product")?;
        Ok(Self {
            id: row.read("alert_id")?,
            company: company.map(|id| CompanyName {
                id,
                name: company_name.unwrap_or_default(),
            }),
            kind: row.read("kind")?,
            cause: row.read("cause")?,
            about: row.read("about")?,
            asset: asset.map(|id| AlertAsset {
                id,
                name: asset_name,
            }),
            token_id: row.read("token_id")?,
            product: (product_id.is_some() || product.is_some()).then_some(AlertProduct {
                id: product_id,
                name: product,
            }),
            vendor: row.read("vendor")?,
            metric: row.read("metric")?,
            standing: row.read("standing")?,
            due_at: row.read("due_at")?,
            occurrence: row.read("occurrence")?,
            term: row.read("term")?,
            deadline: row.read("deadline")?,
            lead_days: row.read("lead_days")?,
            since: row.read("since")?,
            seats: row.read("seats")?,
            owned: row.read("owned")?,
            in_use: row.read("in_use")?,
            note: row.read("note")?,
            acknowledged: row.read("acknowledged")?,
            snoozed_until: row.read("snoozed_until")?,
            begun_at: row.read("begun_at")?,
            raised_at: row.read("raised_at")?,
            changed_at: row.read("changed_at")?,
            cleared_at: row.read("cleared_at")?,
            cleared: row.read("cleared")?,
            licenses: row.json("licenses")?,
            tickets: row.json("tickets")?,
            version: row.read("version")?,
            entry: row.read("entry")?,
            gravity: row.read("gravity")?,
            urgent_on: row.read("urgent_on")?,
        })
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 27] = [
    "alert_id",
    "company_id",
    "company",
    "kind",
    "cause",
    "about",
    "asset_id",
    "asset",
    "product_id",
    "product",
    "vendor",
    "metric",
    "standing",
    "occurrence",
    "term",
    "deadline",
    "since",
    "seats",
    "owned",
    "in_use",
    "note",
    "acknowledged",
    "snoozed_until",
    "raised_at",
    "cleared_at",
    "cleared",
    "tickets",
];

fn cells<'a>(alert: &'a Alert, cells: &mut Vec<Cell<'a>>) {
    let (company, asset) = (alert.company.as_ref(), alert.asset.as_ref());
    let product = alert.product.as_ref();
    cells.extend([
        Cell::plain(alert.id),
        Cell::maybe(company.map(|company| company.id)),
        Cell::optional(company.map(|company| company.name.as_str())),
        Cell::plain(&alert.kind),
        Cell::plain(&alert.cause),
        Cell::plain(&alert.about),
        Cell::maybe(asset.map(|asset| asset.id)),
        Cell::optional(asset.and_then(|asset| asset.name.as_deref())),
        Cell::maybe(product.and_then(|product| product.id)),
        Cell::optional(product.and_then(|product| product.name.as_deref())),
        Cell::optional(alert.vendor.as_deref()),
        Cell::maybe(alert.metric.as_ref()),
        Cell::plain(&alert.standing),
        Cell::plain(alert.occurrence),
        Cell::maybe(alert.term),
        Cell::maybe(alert.deadline),
        Cell::maybe(alert.since),
        Cell::maybe(alert.seats),
        Cell::maybe(alert.owned),
        Cell::maybe(alert.in_use),
        Cell::optional(alert.note.as_deref()),
        Cell::plain(alert.acknowledged),
        Cell::maybe(alert.snoozed_until),
        alert.raised_at.map_or(Cell::Empty, Cell::instant),
        alert.cleared_at.map_or(Cell::Empty, Cell::instant),
        Cell::maybe(alert.cleared.as_ref()),
        Cell::text(alert.tickets.get()),
    ]);
}
