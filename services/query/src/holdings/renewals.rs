use std::sync::Arc;

use axum::response::Response;
use chrono::NaiveDate;
use read_models::{
    holdings::queries::{self, OfAsset},
    query::Statement,
};
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;
use web::{
    extract::{Path, Query},
    paging::Page,
    problem::{Problem, Problems},
};

use super::{Part, PartsQuery, parts};
use crate::{
    export::{Cell, Lines},
    parameters::NewEnough,
    people::{Actor, name_people},
    read::Reading,
    row::Columns,
};

/// What is to be done at the end of a term.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RenewalDecision {
    /// The last day of the term.
    pub(crate) term_end: NaiveDate,
    /// `renew` as it is, `change` to another number of seats, or let it `lapse`.
    #[schema(example = "change")]
    pub(crate) decision: &'static str,
    /// Of `change`: to how many seats.
    pub(crate) quantity: Option<i64>,
    /// Who sees to it.
    pub(crate) owner: Option<Actor>,
    /// Why, or how.
    pub(crate) note: Option<String>,
}

/// What is decided about the ends of a license's terms, past and to come.
#[utoipa::path(get, path = "/v1/assets/{id}/renewals", operation_id = "list_renewals", tag = "Assets",
    params(("id" = Uuid, Path), PartsQuery, NewEnough),
    responses((status = OK, body = Page<RenewalDecision>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Path(id): Path<Uuid>,
    Query(query): Query<PartsQuery>,
) -> Result<Response, Problem> {
    let named = async |reading: Arc<Reading>, mut renewals: Vec<RenewalDecision>| {
        RenewalDecision::name(&reading, renewals.iter_mut()).await?;
        Ok(renewals)
    };
    parts(reading, id, &query, named, Lines::new(COLUMNS, cells)).await
}

impl RenewalDecision {
    /// None if the columns hold none.
    pub(crate) fn of(row: &Row) -> Result<Option<Self>, Problem> {
        let Some(term_end) = row.read("term_end")? else {
            return Ok(None);
        };
        let owner: Option<Uuid> = row.read("owner")?;
        Ok(Some(Self {
            term_end,
            decision: match row.read("decision")? {
                "change_to" => "change",
                "renew" => "renew",
                _ => "lapse",
            },
            quantity: row.read("quantity")?,
            owner: owner.map(person),
            note: row.read("note")?,
        }))
    }

    /// Gives the owners their names.
    pub(crate) async fn name<'a>(
        reading: &Reading,
        renewals: impl Iterator<Item = &'a mut Self>,
    ) -> Result<(), Problem> {
        let owners = renewals.filter_map(|renewal| renewal.owner.as_mut());
        name_people(&reading.state, reading.principal.tenant.0, owners).await
    }
}

/// A person without the name.
pub(crate) fn person(id: Uuid) -> Actor {
    Actor::of("person".to_owned(), id.to_string())
}

impl Part for RenewalDecision {
    const NAME: &'static str = "renewals";
    type After = NaiveDate;

    fn statement(of: OfAsset, after: Option<NaiveDate>, limit: i64) -> Statement {
        queries::renewals(of, after, limit)
    }

    fn of(row: &Row) -> Result<Option<Self>, Problem> {
        Self::of(row)
    }

    fn keys(&self) -> NaiveDate {
        self.term_end
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 6] = [
    "term_end", "decision", "quantity", "owner_id", "owner", "note",
];

fn cells<'a>(renewal: &'a RenewalDecision, cells: &mut Vec<Cell<'a>>) {
    let owner = renewal.owner.as_ref();
    cells.extend([
        Cell::plain(renewal.term_end),
        Cell::plain(renewal.decision),
        Cell::maybe(renewal.quantity),
        Cell::optional(owner.map(|owner| owner.id.as_str())),
        Cell::optional(owner.and_then(|owner| owner.name.as_deref())),
        Cell::optional(renewal.note.as_deref()),
    ]);
}
