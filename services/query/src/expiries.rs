//! What ends when, and by when something can still be done about it.

use axum::response::Response;
use chrono::NaiveDate;
use domain::{access::Resource, calendar::days_left, expiry::Bucket};
use read_models::{
    expiry::queries::{self, AfterExpiry, Expiries},
    query::{Statement, parameter},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    extract::Query,
    paging::{Cursor, Filters, Limit, Page},
    problem::{Problem, Problems},
};

use crate::{
    export::{Cell, Lines},
    holdings::RenewalDecision,
    page::{self, Fetched, Listed},
    parameters::{CompanyName, Day, Format, NewEnough, filter},
    read::Reading,
    row::Columns,
};

/// An asset that ends.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Expiry {
    asset_id: Uuid,
    name: String,
    company: CompanyName,
    product: Option<String>,
    vendor: Option<String>,
    /// The last day of the term, which is still part of it.
    expiry_date: NaiveDate,
    /// The last day on which something can be done: to cancel what renews itself, to renew what does not.
    deadline: NaiveDate,
    /// Days to the expiry: 0 on its day, negative when it is past.
    days_left: i64,
    /// Days to the deadline.
    days_to_deadline: i64,
    /// `expired`, `within_7`, `within_30`, `within_60`, `within_90` or `later`, by `days_left`.
    bucket: &'static str,
    /// Whether the term that ends then renews itself.
    auto_renew: bool,
    /// Whether the end is of a term that nobody recorded: it renewed itself, as far as anybody knows.
    presumed: bool,
    /// Days before the end by which notice must be given: the license's, else its product's usual ones.
    notice_days: Option<i32>,
    /// What is decided about this end.
    renewal: Option<RenewalDecision>,
}

#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Whose deadline is at most so many days ahead; those that are past included.
    #[param(minimum = 0, maximum = 36500)]
    within_days: Option<u16>,
    /// Of one of these companies.
    #[serde(default)]
    company: Vec<Uuid>,
    /// As seen on this day, instead of today.
    #[param(inline)]
    as_of: Option<Day>,
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

/// What ends, the nearest deadline first.
#[utoipa::path(get, path = "/v1/expiries", operation_id = "list_expiries", tag = "Expiry", params(ListQuery, NewEnough),
    responses((status = OK, body = Page<Expiry>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    let list = Listed {
        name: "expiries",
        selection: Filters::of("expiries", &query),
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let asked = Arc::new((reading, query.clone()));
    let fetch = move |after, limit| {
        let asked = Arc::clone(&asked);
        async move { fetch(&asked.0, &asked.1, after, limit).await }
    };
    let keys = |last: &Expiry| AfterExpiry {
        deadline: last.deadline,
        asset_id: last.asset_id,
    };
    page::listed(list, fetch, keys, Lines::new(COLUMNS, cells)).await
}

async fn fetch(
    reading: &Reading,
    query: &ListQuery,
    after: Option<AfterExpiry>,
    limit: i64,
) -> Result<Fetched<Expiry>, Problem> {
    let day_of = |today| query.as_of.map_or(today, |day| day.0);
    let asked = reading.ask(|asked| {
        let expiries = Expiries {
            tenant: asked.tenant,
            sees: asked.companies.clone(),
            day: day_of(asked.today),
            companies: filter(query.company.clone()),
            within_days: query.within_days.map(i32::from),
            not_before: None,
        };
        queries::expiries(expiries, after.as_ref(), limit)
    });
    let answered = asked.await?;
    let day = day_of(answered.context.today);
    let mut items = answered
        .rows
        .iter()
        .map(|row| Expiry::of(row, day))
        .collect::<Result<Vec<_>, _>>()?;
    let mut entry = answered.entry;
    if !items.is_empty() {
        let decided = reading
            .ask(|asked| decided(asked.tenant, day, &items))
            .await?;
        for row in &decided.rows {
            let at: i64 = row.read("at")?;
            let item = usize::try_from(at - 1)
                .ok()
                .and_then(|at| items.get_mut(at));
            if let Some(item) = item {
                item.notice_days = row.read("notice_days")?;
                item.renewal = RenewalDecision::of(row)?;
            }
        }
        let renewals = items.iter_mut().filter_map(|item| item.renewal.as_mut());
        RenewalDecision::name(reading, renewals).await?;
        entry.0 = entry.0.min(decided.entry.0);
    }
    Ok(Fetched { items, entry })
}

/// What is decided about ends: a row for each, with its place.
fn decided(tenant: Uuid, day: NaiveDate, ends: &[Expiry]) -> Statement {
    let assets: Vec<Uuid> = ends.iter().map(|end| end.asset_id).collect();
    let days: Vec<NaiveDate> = ends.iter().map(|end| end.expiry_date).collect();
    Statement {
        models: &["expiry", "holdings", "register"],
        sql: include_str!("expiries.sql").into(),
        parameters: vec![
            parameter(tenant),
            parameter(day),
            parameter(assets),
            parameter(days),
        ],
        planned_anew: false,
    }
}

impl Expiry {
    fn of(row: &Row, day: NaiveDate) -> Result<Self, Problem> {
        let expiry_date = row.read("expiry_date")?;
        let deadline = row.read("deadline")?;
        Ok(Self {
            asset_id: row.read("asset_id")?,
            name: row.read("name")?,
            company: CompanyName {
                id: row.read("company_id")?,
                name: row.read("company_name")?,
            },
            product: row.read("product")?,
            vendor: row.read("vendor")?,
            expiry_date,
            deadline,
            days_left: days_left(day, expiry_date),
            days_to_deadline: days_left(day, deadline),
            bucket: Bucket::of(days_left(day, expiry_date)).as_str(),
            auto_renew: row.read("auto_renew")?,
            presumed: row.read("presumed")?,
            notice_days: None,
            renewal: None,
        })
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 17] = [
    "asset_id",
    "name",
    "company_id",
    "company",
    "product",
    "vendor",
    "expiry_date",
    "deadline",
    "days_left",
    "days_to_deadline",
    "bucket",
    "auto_renew",
    "presumed",
    "notice_days",
    "renewal",
    "renewal_quantity",
    "renewal_owner",
];

fn cells<'a>(expiry: &'a Expiry, cells: &mut Vec<Cell<'a>>) {
    let renewal = expiry.renewal.as_ref();
    let owner = renewal.and_then(|renewal| renewal.owner.as_ref());
    cells.extend([
        Cell::plain(expiry.asset_id),
        Cell::text(&expiry.name),
        Cell::plain(expiry.company.id),
        Cell::text(&expiry.company.name),
        Cell::optional(expiry.product.as_deref()),
        Cell::optional(expiry.vendor.as_deref()),
        Cell::plain(expiry.expiry_date),
        Cell::plain(expiry.deadline),
        Cell::plain(expiry.days_left),
        Cell::plain(expiry.days_to_deadline),
        Cell::plain(expiry.bucket),
        Cell::plain(expiry.auto_renew),
        Cell::plain(expiry.presumed),
        Cell::maybe(expiry.notice_days),
        Cell::maybe(renewal.map(|renewal| renewal.decision)),
        Cell::maybe(renewal.and_then(|renewal| renewal.quantity)),
        Cell::optional(owner.and_then(|owner| owner.name.as_deref())),
    ]);
}
