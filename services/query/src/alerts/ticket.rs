//! The tickets of alerts.

use std::sync::Arc;

use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use domain::{access::Resource, alert::TicketStanding};
use read_models::alerts::queries::{self, AfterTicket, Tickets};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    extract::Query,
    paging::{Cursor, Filters, Limit, Page},
    problem::{Problem, Problems},
};

use super::known;
use crate::{
    export::{Cell, Lines},
    page::{self, Fetched, Listed},
    parameters::{CompanyName, Format, NewEnough, filter},
    read::Reading,
    row::Columns,
};

/// A ticket in another system, of the alert that it was made for. One ticket may stand for several alerts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ticket {
    integration_id: Uuid,
    /// What the integration is called.
    integration: Option<String>,
    #[schema(example = "request_tracker")]
    integration_kind: Option<String>,
    /// The system's own id.
    ticket_id: String,
    /// What people call it.
    #[schema(example = "#1234")]
    number: String,
    /// Where a person opens it.
    url: Option<String>,
    /// `open`, `taken_over` by a person, `closed`, `closed_by_person` or `deleted`.
    standing: String,
    opened_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    alert: TicketAlert,
}

/// What a ticket is about.
#[derive(Debug, Serialize, ToSchema)]
struct TicketAlert {
    id: Uuid,
    company: Option<CompanyName>,
    #[schema(example = "under_licensed")]
    kind: String,
    #[schema(example = "shortage")]
    cause: String,
    occurrence: i32,
    standing: String,
    deadline: Option<NaiveDate>,
    acknowledged: bool,
    snoozed_until: Option<NaiveDate>,
}

#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// In one of these systems.
    #[serde(default)]
    integration: Vec<Uuid>,
    /// `open`, `taken_over`, `closed`, `closed_by_person` or `deleted`.
    #[serde(default)]
    standing: Vec<String>,
    /// About one of these companies.
    #[serde(default)]
    company: Vec<Uuid>,
    /// Of one of these alerts.
    #[serde(default)]
    alert: Vec<Uuid>,
    /// With one of these ids in its system.
    #[serde(default)]
    ticket: Vec<String>,
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

/// The tickets of what alerts are about now, the last made first.
#[utoipa::path(get, path = "/v1/tickets", operation_id = "list_tickets", tag = "Alerts", params(ListQuery, NewEnough),
    responses((status = OK, body = Page<Ticket>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    let standings = TicketStanding::ALL.iter().map(|(_, word)| *word);
    known("standing", &query.standing, standings)?;
    let list = Listed {
        name: "tickets",
        selection: Filters::of("tickets", &query),
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let asked = Arc::new((reading, query.clone()));
    let fetch = move |after, limit| {
        let asked = Arc::clone(&asked);
        async move { fetch(&asked.0, &asked.1, after, limit).await }
    };
    let keys = |last: &Ticket| AfterTicket {
        opened_at: last.opened_at,
        alert_id: last.alert.id,
        integration_id: last.integration_id,
    };
    page::listed(list, fetch, keys, Lines::new(COLUMNS, cells)).await
}

async fn fetch(
    reading: &Reading,
    query: &ListQuery,
    after: Option<AfterTicket>,
    limit: i64,
) -> Result<Fetched<Ticket>, Problem> {
    let wanted = Tickets {
        integrations: filter(query.integration.clone()),
        standings: filter(query.standing.clone()),
        companies: filter(query.company.clone()),
        alerts: filter(query.alert.clone()),
        ticket_ids: filter(query.ticket.clone()),
    };
    let asked = reading.ask(|asked| {
        let sees = asked.companies.clone();
        queries::tickets(asked.tenant, sees, wanted.clone(), after.as_ref(), limit)
    });
    let answered = asked.await?;
    let items = answered
        .rows
        .iter()
        .map(Ticket::of)
        .collect::<Result<_, _>>()?;
    Ok(Fetched {
        items,
        entry: answered.entry,
    })
}

impl Ticket {
    fn of(row: &Row) -> Result<Self, Problem> {
        let company: Option<Uuid> = row.read("company_id")?;
        let company_name: Option<String> = row.read("company_name")?;
        Ok(Self {
            integration_id: row.read("integration_id")?,
            integration: row.read("integration")?,
            integration_kind: row.read("integration_kind")?,
            ticket_id: row.read("ticket_id")?,
            number: row.read("number")?,
            url: row.read("url")?,
            standing: row.read("standing")?,
            opened_at: row.read("opened_at")?,
            changed_at: row.read("changed_at")?,
            alert: TicketAlert {
                id: row.read("alert_id")?,
                company: company.map(|id| CompanyName {
                    id,
                    name: company_name.unwrap_or_default(),
                }),
                kind: row.read("kind")?,
                cause: row.read("cause")?,
                occurrence: row.read("occurrence")?,
                standing: row.read("alert_standing")?,
                deadline: row.read("deadline")?,
                acknowledged: row.read("acknowledged")?,
                snoozed_until: row.read("snoozed_until")?,
            },
        })
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 14] = [
    "integration_id",
    "integration",
    "ticket_id",
    "number",
    "url",
    "standing",
    "opened_at",
    "changed_at",
    "alert_id",
    "company_id",
    "company",
    "kind",
    "alert_standing",
    "deadline",
];

fn cells<'a>(ticket: &'a Ticket, cells: &mut Vec<Cell<'a>>) {
    let company = ticket.alert.company.as_ref();
    cells.extend([
        Cell::plain(ticket.integration_id),
        Cell::optional(ticket.integration.as_deref()),
        Cell::text(&ticket.ticket_id),
        Cell::text(&ticket.number),
        Cell::optional(ticket.url.as_deref()),
        Cell::plain(&ticket.standing),
        Cell::instant(ticket.opened_at),
        Cell::instant(ticket.changed_at),
        Cell::plain(ticket.alert.id),
        Cell::maybe(company.map(|company| company.id)),
        Cell::optional(company.map(|company| company.name.as_str())),
        Cell::plain(&ticket.alert.kind),
        Cell::plain(&ticket.alert.standing),
        Cell::maybe(ticket.alert.deadline),
    ]);
}
