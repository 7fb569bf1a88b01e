use std::sync::Arc;

use axum::response::Response;
use chrono::NaiveDate;
use domain::{access::Resource, asset::HolderKind};
use read_models::holdings::queries::{self, AfterHeld, Assignments};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    extract::{Path, Query},
    paging::{Cursor, Filters, Limit, Page},
    problem::{Kind, Problem, Problems},
};

use super::{may_read_parts, of_asset as part_of};
use crate::{
    export::{Cell, Lines},
    page::{self, Fetched, Listed},
    parameters::{CompanyName, Day, Format, NewEnough, filter},
    people::{Holder, holder_called, name_holders},
    read::Reading,
    row::Columns,
};

/// Names that one question may ask for: each is looked up.
const NAMES_MAX: usize = 20;

/// Seats given to one user or device.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Assignment {
    id: Uuid,
    asset_id: Uuid,
    /// What the license is called.
    asset_name: Option<String>,
    product: Option<String>,
    /// Whose seats they are: the license's owner's, or a company's to which they are allocated.
    company: CompanyName,
    /// Whether they are allocated to it.
    allocated: bool,
    holder: Holder,
    quantity: i64,
    /// The first day.
    from: NaiveDate,
    /// The last; null if no end is in sight.
    until: Option<NaiveDate>,
    note: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AssignmentsQuery {
    /// Held by one of these users: names, whatever the case and spacing.
    #[serde(default)]
    user: Vec<String>,
    /// Held by one of these devices, likewise.
    #[serde(default)]
    device: Vec<String>,
    /// Held by one of these, by their ids.
    #[serde(default)]
    holder: Vec<Uuid>,
    /// Of the seats of one of these companies.
    #[serde(default)]
    company: Vec<Uuid>,
    /// Held on this day.
    #[param(inline)]
    as_of: Option<Day>,
    /// Held today. Without it and without a day those that have ended are there too.
    #[serde(default)]
    open: bool,
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

/// Who holds or held seats, license by license: with `user` or `device`, all that one holds.
#[utoipa::path(get, path = "/v1/assignments", operation_id = "list_assignments", tag = "Assignments",
    params(AssignmentsQuery, NewEnough),
    responses((status = OK, body = Page<Assignment>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Query(query): Query<AssignmentsQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    answer(reading, None, query).await
}

/// Who holds or held seats of a license. A token that is limited to companies sees the
/// assignments of their seats, also of a license that is none of theirs.
#[utoipa::path(get, path = "/v1/assets/{id}/assignments", operation_id = "list_asset_assignments", tag = "Assets",
    params(("id" = Uuid, Path), AssignmentsQuery, NewEnough),
    responses((status = OK, body = Page<Assignment>), Problems), security(("token" = [])))]
pub(crate) async fn of_asset(
    reading: Reading,
    Path(id): Path<Uuid>,
    Query(query): Query<AssignmentsQuery>,
) -> Result<Response, Problem> {
    answer(reading, Some(id), query).await
}

struct Asked {
    reading: Reading,
    asset: Option<Uuid>,
    holders: Option<Vec<Uuid>>,
    query: AssignmentsQuery,
}

async fn answer(
    reading: Reading,
    asset: Option<Uuid>,
    query: AssignmentsQuery,
) -> Result<Response, Problem> {
    let holders = holders(&reading, &query).await?;
    let selection = Filters::of("assignments", &(asset, &query));
    let asked = Arc::new(Asked {
        reading,
        asset,
        holders,
        query: query.clone(),
    });
    let list = Listed {
        name: "assignments",
        selection,
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let fetch = move |after, limit| {
        let asked = Arc::clone(&asked);
        async move { fetch(&asked, after, limit).await }
    };
    let keys = |last: &Assignment| AfterHeld {
        asset_id: last.asset_id,
        assignment_id: last.id,
    };
    page::listed(list, fetch, keys, Lines::new(COLUMNS, cells)).await
}

/// Whose assignments are asked for; a name that nobody has is one more nobody.
async fn holders(
    reading: &Reading,
    query: &AssignmentsQuery,
) -> Result<Option<Vec<Uuid>>, Problem> {
    let names = [
        ("user", HolderKind::User, &query.user),
        ("device", HolderKind::Device, &query.device),
    ];
    if names.iter().all(|(_, _, names)| names.is_empty()) {
        return Ok(filter(query.holder.clone()));
    }
    let mut holders = query.holder.clone();
    for (parameter, kind, names) in names {
        if names.len() > NAMES_MAX {
            let message = format!("at most {NAMES_MAX} names can be asked for at once");
            return Err(Problem::new(Kind::BadQuery).with_error(parameter, message));
        }
        for name in names {
            let tenant = reading.principal.tenant.0;
            holders.extend(holder_called(&reading.state, tenant, kind, name).await?);
        }
    }
    Ok(Some(holders))
}

async fn fetch(
    asked: &Asked,
    after: Option<AfterHeld>,
    limit: i64,
) -> Result<Fetched<Assignment>, Problem> {
    let (reading, query) = (&asked.reading, &asked.query);
    let answered = reading
        .ask(|context| {
            let held_on = query.as_of.map(|day| day.0);
            let assignments = Assignments {
                tenant: context.tenant,
                sees: context.companies.clone(),
                holders: asked.holders.clone(),
                companies: filter(query.company.clone()),
                assets: asked.asset.map(|asset| vec![asset]),
                held_on: held_on.or_else(|| query.open.then_some(context.today)),
            };
            queries::assignments(assignments, after.as_ref(), limit)
        })
        .await?;
    if let Some(asset) = asked.asset
        && answered.rows.is_empty()
    {
        may_read_of(reading, asset, query.as_of).await?;
    }
    let mut items = answered
        .rows
        .iter()
        .map(Assignment::of)
        .collect::<Result<Vec<_>, _>>()?;
    let holders = items.iter_mut().map(|assignment| &mut assignment.holder);
    name_holders(&reading.state, answered.context.tenant, holders).await?;
    Ok(Fetched {
        items,
        entry: answered.entry,
    })
}

/// Without assignments it must be asked whether there is such a license, and whether the token sees it or has a
/// share of it.
async fn may_read_of(reading: &Reading, asset: Uuid, as_of: Option<Day>) -> Result<(), Problem> {
    let answered = reading
        .ask(|context| queries::allocations(part_of(context, asset, as_of), None, 1))
        .await?;
    let first = answered.rows.first();
    let share = first.map(|row| row.read::<Option<Uuid>>("company_id"));
    let has_share = share.transpose()?.flatten().is_some();
    may_read_parts(reading, &answered, has_share)
}

impl Assignment {
    fn of(row: &Row) -> Result<Self, Problem> {
        Ok(Self {
            id: row.read("assignment_id")?,
            asset_id: row.read("asset_id")?,
            asset_name: row.read("asset_name")?,
            product: row.read("product")?,
            company: CompanyName {
                id: row.read("company_id")?,
                name: row.read::<Option<_>>("company_name")?.unwrap_or_default(),
            },
            allocated: row.read("allocated")?,
            holder: Holder {
                kind: row.read("holder_kind")?,
                id: row.read("holder_id")?,
                name: None,
            },
            quantity: row.read("quantity")?,
            from: row.read("from_day")?,
            until: row.read("until_day")?,
            note: row.read("note")?,
        })
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 14] = [
    "assignment_id",
    "asset_id",
    "asset",
    "product",
    "company_id",
    "company",
    "allocated",
    "holder_kind",
    "holder_id",
    "holder",
    "quantity",
    "from",
    "until",
    "note",
];

fn cells<'a>(assignment: &'a Assignment, cells: &mut Vec<Cell<'a>>) {
    cells.extend([
        Cell::plain(assignment.id),
        Cell::plain(assignment.asset_id),
        Cell::optional(assignment.asset_name.as_deref()),
        Cell::optional(assignment.product.as_deref()),
        Cell::plain(assignment.company.id),
        Cell::text(&assignment.company.name),
        Cell::plain(assignment.allocated),
        Cell::text(&assignment.holder.kind),
        Cell::plain(assignment.holder.id),
        Cell::optional(assignment.holder.name.as_deref()),
        Cell::plain(assignment.quantity),
        Cell::plain(assignment.from),
        Cell::maybe(assignment.until),
        Cell::optional(assignment.note.as_deref()),
    ]);
}
