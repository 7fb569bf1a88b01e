use axum::response::Response;
use chrono::NaiveDate;
use read_models::{
    holdings::queries::{self, OfAsset},
    query::Statement,
};
use serde::{Deserialize, Serialize};
use tokio_postgres::{Row, types::Json};
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
    money::{self, Amount},
    parameters::NewEnough,
    read::Reading,
    row::Columns,
};

/// Seats bought together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Purchase {
    id: Uuid,
    /// For which company they were bought.
    company_id: Uuid,
    /// As many as were bought.
    quantity: i64,
    /// As many as it has on the asked day, whether or not it holds on it.
    quantity_now: i64,
    /// The first day on which they are owned.
    from: NaiveDate,
    /// The last; null: as long as the license's term runs.
    until: Option<NaiveDate>,
    /// What one seat costs.
    unit_price: Option<Amount>,
    /// For how long a seat is had at that price: `month`, `year` or `once`.
    #[schema(example = "year")]
    price_per: Option<String>,
    order: Option<String>,
    supplier: Option<String>,
    /// The days on which seats of it may be given back, both included.
    reducible_from: Option<NaiveDate>,
    reducible_until: Option<NaiveDate>,
    /// Since when it has had fewer.
    reductions: Vec<Reduction>,
    #[serde(skip)]
    position: i32,
}

/// A purchase has so many seats from a day on.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Reduction {
    from: NaiveDate,
    quantity: i64,
}

/// The purchases of a license, in the order in which they were recorded. A token that is limited to companies sees
/// those that were made for them.
#[utoipa::path(get, path = "/v1/assets/{id}/purchases", operation_id = "list_purchases", tag = "Assets",
    params(("id" = Uuid, Path), PartsQuery, NewEnough),
    responses((status = OK, body = Page<Purchase>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Path(id): Path<Uuid>,
    Query(query): Query<PartsQuery>,
) -> Result<Response, Problem> {
    let named = async |_, purchases| Ok(purchases);
    parts(reading, id, &query, named, Lines::new(COLUMNS, cells)).await
}

impl Part for Purchase {
    const NAME: &'static str = "purchases";
    type After = i32;

    fn statement(of: OfAsset, after: Option<i32>, limit: i64) -> Statement {
        queries::purchases(of, after, limit)
    }

    fn of(row: &Row) -> Result<Option<Self>, Problem> {
        let Some(id) = row.read("purchase_id")? else {
            return Ok(None);
        };
        let (amount, currency) = (row.read("unit_price")?, row.read("currency")?);
        let unit_price = Option::zip(amount, currency)
            .map(|(amount, currency): (String, String)| money::written(&amount, currency))
            .transpose()?;
        let Json(reductions) = row.read("reductions")?;
        Ok(Some(Self {
            id,
            company_id: row.read("company_id")?,
            quantity: row.read("quantity")?,
            quantity_now: row.read("quantity_now")?,
            from: row.read("from_day")?,
            until: row.read("until_day")?,
            unit_price,
            price_per: row.read("price_per")?,
            order: row.read("purchase_order")?,
            supplier: row.read("supplier")?,
            reducible_from: row.read("reducible_from")?,
            reducible_until: row.read("reducible_until")?,
            reductions,
            position: row.read("position")?,
        }))
    }

    fn keys(&self) -> i32 {
        self.position
    }
}

/// The columns of an export: stable, since scripts hold on to them.
const COLUMNS: [&str; 13] = [
    "purchase_id",
    "company_id",
    "quantity",
    "quantity_now",
    "from",
    "until",
    "unit_price",
    "currency",
    "price_per",
    "order",
    "supplier",
    "reducible_from",
    "reducible_until",
];

fn cells<'a>(purchase: &'a Purchase, cells: &mut Vec<Cell<'a>>) {
    let price = purchase.unit_price.as_ref();
    cells.extend([
        Cell::plain(purchase.id),
        Cell::plain(purchase.company_id),
        Cell::plain(purchase.quantity),
        Cell::plain(purchase.quantity_now),
        Cell::plain(purchase.from),
        Cell::maybe(purchase.until),
        Cell::maybe(price.map(|price| &price.amount)),
        Cell::maybe(price.map(|price| &price.currency)),
        Cell::optional(purchase.price_per.as_deref()),
        Cell::optional(purchase.order.as_deref()),
        Cell::optional(purchase.supplier.as_deref()),
        Cell::maybe(purchase.reducible_from),
        Cell::maybe(purchase.reducible_until),
    ]);
}
