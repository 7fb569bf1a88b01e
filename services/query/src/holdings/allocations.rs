use axum::response::Response;
use chrono::NaiveDate;
use read_models::{
    holdings::queries::{self, AfterAllocation, OfAsset},
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
    parameters::{CompanyName, NewEnough},
    read::Reading,
    row::Columns,
};

/// Seats that a company has of a license without owning it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Allocation {
    company: CompanyName,
    seats: i64,
    /// The first day.
    from: NaiveDate,
    /// The last; null if no end is in sight.
    until: Option<NaiveDate>,
}

/// The seats of a license that other companies have, past and to come, by company. A token that is limited to
/// companies sees their shares, also of a license that is none of theirs.
#[utoipa::path(get, path = "/v1/assets/{id}/allocations", operation_id = "list_allocations", tag = "Assets",
    params(("id" = Uuid, Path), PartsQuery, NewEnough),
    responses((status = OK, body = Page<Allocation>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Path(id): Path<Uuid>,
    Query(query): Query<PartsQuery>,
) -> Result<Response, Problem> {
    let named = async |_, allocations| Ok(allocations);
    parts(reading, id, &query, named, Lines::new(COLUMNS, cells)).await
}

impl Part for Allocation {
    const NAME: &'static str = "allocations";
    const SHARED: bool = true;
    type After = AfterAllocation;

    fn statement(of: OfAsset, after: Option<AfterAllocation>, limit: i64) -> Statement {
        queries::allocations(of, after.as_ref(), limit)
    }

    fn of(row: &Row) -> Result<Option<Self>, Problem> {
        let Some(id) = row.read("company_id")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            company: CompanyName {
                id,
                name: row.read::<Option<_>>("company_name")?.unwrap_or_default(),
            },
            seats: row.read("seats")?,
            from: row.read("from_day")?,
            until: row.read("until_day")?,
        }))
    }

    fn keys(&self) -> AfterAllocation {
        AfterAllocation {
            company_id: self.company.id,
            from_day: self.from,
        }
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 5] = ["company_id", "company", "seats", "from", "until"];

fn cells<'a>(allocation: &'a Allocation, cells: &mut Vec<Cell<'a>>) {
    cells.extend([
        Cell::plain(allocation.company.id),
        Cell::text(&allocation.company.name),
        Cell::plain(allocation.seats),
        Cell::plain(allocation.from),
        Cell::maybe(allocation.until),
    ]);
}
