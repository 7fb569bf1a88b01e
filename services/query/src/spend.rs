//! What licenses cost over any period.

use std::sync::Arc;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use chrono::{Datelike, NaiveDate};
use domain::access::Resource;
use read_models::{
    compliance::{
        queries::AfterGroup,
        spend::{self, SpendBy},
    },
    query::Statement,
};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    extract::Query,
    paging::{Cursor, Filters, Limit},
    problem::{Problem, Problems},
};

use crate::{
    compliance::covering,
    export::{Cell, Lines},
    money::{self, Amount},
    page::{self, Fetched, Listed},
    parameters::{Day, Format, NewEnough, filter, lower},
    period::check_period,
    read::{Context, Reading},
    row::Columns,
};

/// By what costs are added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SpendGroup {
    /// Who has the seats: of an allocated license each company its share.
    #[default]
    Company,
    /// Who makes it.
    Vendor,
    /// What it is.
    Product,
    /// Each license.
    License,
}

/// What one company, vendor, product or license costs over the period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Spending {
    /// The company's or the license's; null of a vendor or a product.
    id: Option<Uuid>,
    /// What it is called; null for the licenses of no vendor.
    name: Option<String>,
    /// What accrues day by day.
    recurring: Vec<Amount>,
    /// What is paid once.
    once: Vec<Amount>,
    /// Both together.
    total: Vec<Amount>,
    #[serde(skip)]
    keys: AfterGroup,
}

/// A page of costs with what all pages come to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpendPage {
    /// The first day of the period.
    from: NaiveDate,
    /// The last day.
    to: NaiveDate,
    totals: SpendTotals,
    items: Vec<Spending>,
    /// To be sent as `cursor` for the next page; `null` on the last.
    next_cursor: Option<Cursor>,
}

/// The costs of all groups together, one amount for each currency.
#[derive(Debug, Serialize, ToSchema)]
struct SpendTotals {
    recurring: Vec<Amount>,
    once: Vec<Amount>,
    total: Vec<Amount>,
}

#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SpendQuery {
    /// The first day; the first of the present year unless named.
    #[param(inline)]
    from: Option<Day>,
    /// The last day, past or to come; the last of the first day's year unless named.
    #[param(inline)]
    to: Option<Day>,
    #[serde(default)]
    #[param(inline)]
    group_by: SpendGroup,
    /// Of one of these companies.
    #[serde(default)]
    company: Vec<Uuid>,
    /// Of one of these vendors.
    #[serde(default)]
    vendor: Vec<String>,
    /// Of one of these products, each told by its id, by one of its names or by a part number; suites that cover it are
    /// found too.
    #[serde(default)]
    product: Vec<String>,
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

struct Asked {
    reading: Reading,
    query: SpendQuery,
    product_keys: Option<Vec<String>>,
}

/// What licenses cost from one day to another, both included.
///
/// What a year of a license costs (its annual cost, else its purchases' prices by month and year) accrues day by day
/// while its term runs, each day an equal part of its calendar year: over a whole calendar year exactly what a year
/// costs. A price that is paid once counts on the purchase's first day. Nothing is converted: each currency has an
/// amount of its own. Prices to clients are no part of it.
#[utoipa::path(get, path = "/v1/spend", operation_id = "list_spend", tag = "Spend", params(SpendQuery, NewEnough),
    responses((status = OK, body = SpendPage), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Query(query): Query<SpendQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    query.check_period()?;
    let product_keys = covering(&reading, &query.product).await?;
    let asked = Arc::new(Asked {
        reading,
        query: query.clone(),
        product_keys,
    });
    let selection = Filters::of("spend", &query);
    let fetch = {
        let asked = Arc::clone(&asked);
        move |after, limit| {
            let asked = Arc::clone(&asked);
            async move { asked.fetch(after, limit).await }
        }
    };
    let keys = |last: &Spending| last.keys.clone();
    if query.format != Format::Json {
        let list = Listed {
            name: "spend",
            selection,
            format: query.format,
            cursor: query.cursor.as_ref(),
            limit: query.limit,
        };
        return page::listed(list, fetch, keys, Lines::new(COLUMNS, cells)).await;
    }
    let page = page::page(
        selection,
        query.cursor.as_ref(),
        query.limit,
        async |after, limit| fetch(after, limit).await,
        keys,
    );
    let ((page, entry), (totals, (from, to))) = tokio::try_join!(page, asked.totals())?;
    let body = SpendPage {
        from,
        to,
        totals,
        items: page.items,
        next_cursor: page.next_cursor,
    };
    Ok((entry, Json(body)).into_response())
}

impl SpendQuery {
    /// The period, if the query tells one.
    fn given(&self) -> Option<(NaiveDate, NaiveDate)> {
        match (self.from, self.to) {
            (Some(from), Some(to)) => Some((from.0, to.0)),
            (Some(from), None) => Some((from.0, year_of(from.0).1)),
            (None, Some(to)) => Some((year_of(to.0).0, to.0)),
            (None, None) => None,
        }
    }

    fn check_period(&self) -> Result<(), Problem> {
        let Some((from, to)) = self.given() else {
            return Ok(());
        };
        check_period(from, to)
    }
}

/// The first and the last day of a day's year.
fn year_of(day: NaiveDate) -> (NaiveDate, NaiveDate) {
    let of = |month, last| NaiveDate::from_ymd_opt(day.year(), month, last).unwrap_or(day);
    (of(1, 1), of(12, 31))
}

impl Asked {
    async fn fetch(
        &self,
        after: Option<AfterGroup>,
        limit: i64,
    ) -> Result<Fetched<Spending>, Problem> {
        let group_by = self.query.group_by;
        let answered = self
            .reading
            .ask(|context| self.statement(context, after.clone(), limit))
            .await?;
        let items = answered
            .rows
            .iter()
            .map(|row| Spending::of(row, group_by))
            .collect::<Result<_, _>>()?;
        Ok(Fetched {
            items,
            entry: answered.entry,
        })
    }

    /// The same groups, all of them together, so that the items come to the totals to the cent.
    async fn totals(&self) -> Result<(SpendTotals, (NaiveDate, NaiveDate)), Problem> {
        let asked = self.reading.ask_one(|context| {
            let groups = self.statement(context, None, i64::MAX);
            let sql = include_str!("spend_totals.sql").replace("{groups}", &groups.sql);
            Statement {
                sql: sql.into(),
                ..groups
            }
        });
        let (row, answered) = asked.await?;
        let totals = SpendTotals {
            recurring: money::read(&row, "recurring")?,
            once: money::read(&row, "once")?,
            total: money::read(&row, "amount")?,
        };
        Ok((totals, self.period(&answered.context)))
    }

    fn period(&self, context: &Context) -> (NaiveDate, NaiveDate) {
        self.query.given().unwrap_or_else(|| year_of(context.today))
    }

    fn statement(&self, context: &Context, after: Option<AfterGroup>, limit: i64) -> Statement {
        let (from, until) = self.period(context);
        let asked = spend::Spend {
            tenant: context.tenant,
            sees: context.companies.clone(),
            from,
            until,
            companies: filter(self.query.company.clone()),
            product_keys: self.product_keys.clone(),
            vendors: lower(&self.query.vendor),
            assets: None,
        };
        let by = match self.query.group_by {
            SpendGroup::Company => SpendBy::Company,
            SpendGroup::Vendor => SpendBy::Vendor,
            SpendGroup::Product => SpendBy::Product,
            SpendGroup::License => SpendBy::License,
        };
        spend::spend(asked, by, after, limit)
    }
}

impl Spending {
    fn of(row: &Row, group_by: SpendGroup) -> Result<Self, Problem> {
        let keys = AfterGroup {
            key: row.read("key")?,
            id: row.read("id")?,
        };
        let has_id = matches!(group_by, SpendGroup::Company | SpendGroup::License);
        Ok(Self {
            id: has_id.then_some(keys.id),
            name: row.read("name")?,
            recurring: money::read(row, "recurring")?,
            once: money::read(row, "once")?,
            total: money::read(row, "amount")?,
            keys,
        })
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 5] = ["id", "name", "recurring", "once", "total"];

fn cells<'a>(spending: &'a Spending, cells: &mut Vec<Cell<'a>>) {
    cells.extend([
        Cell::maybe(spending.id),
        Cell::optional(spending.name.as_deref()),
        money::cell(&spending.recurring),
        money::cell(&spending.once),
        money::cell(&spending.total),
    ]);
}
