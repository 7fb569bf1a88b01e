//! What is held of a license: purchases, assignments, allocations, keys, and what is decided about its terms.

mod allocations;
mod assignments;
mod keys;
mod purchases;
mod renewals;

use std::sync::Arc;

use axum::response::Response;
use domain::{access::Resource, ids::CompanyId};
use read_models::{holdings::queries::OfAsset, query::Statement};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio_postgres::Row;
use utoipa::IntoParams;
use uuid::Uuid;
use web::{
    paging::{Cursor, Filters, Limit},
    problem::{Kind, Problem},
};

pub(crate) use allocations::{__path_list as __path_allocations, list as allocations};
pub(crate) use assignments::{
    __path_list as __path_assignments, __path_of_asset as __path_assignments_of_asset,
    list as assignments, of_asset as assignments_of_asset,
};
pub(crate) use keys::{__path_list as __path_keys, list as keys};
pub(crate) use purchases::{__path_list as __path_purchases, list as purchases};
pub(crate) use renewals::{
    __path_list as __path_renewals, RenewalDecision, list as renewals, person,
};

use crate::{
    export::{Cell, Lines},
    page::{self, Fetched, Listed},
    parameters::{Day, Format},
    read::{Answered, Context, Reading},
    row::Columns,
};

/// How the parts of one license are asked for.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PartsQuery {
    /// As it was, or will be, on this day instead of today.
    #[param(inline)]
    as_of: Option<Day>,
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

/// One kind of parts of a license.
trait Part: Serialize + Sized + Send + 'static {
    /// The route's last word, which also names the file of an export.
    const NAME: &'static str;

    /// Where a page ended.
    type After: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;

    /// The question.
    fn statement(of: OfAsset, after: Option<Self::After>, limit: i64) -> Statement;

    /// None for the row that only says that there is such an asset.
    fn of(row: &Row) -> Result<Option<Self>, Problem>;

    /// Where it stands in the order.
    fn keys(&self) -> Self::After;

    /// Whether a company that only has seats of the license may read its own share of them.
    const SHARED: bool = false;
}

/// Answers the parts of one kind. `finish` gives people their names.
async fn parts<P: Part, C, F, Fut>(
    reading: Reading,
    id: Uuid,
    query: &PartsQuery,
    finish: F,
    lines: Lines<C>,
) -> Result<Response, Problem>
where
    C: for<'a> Fn(&'a P, &mut Vec<Cell<'a>>) + Send + 'static,
    F: Fn(Arc<Reading>, Vec<P>) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<Vec<P>, Problem>> + Send,
{
    let list = Listed {
        name: P::NAME,
        selection: Filters::of(P::NAME, &(id, query)),
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let reading = Arc::new(reading);
    let as_of = query.as_of;
    let fetch = move |after: Option<P::After>, limit| {
        let reading = Arc::clone(&reading);
        let finish = finish.clone();
        async move {
            let asked =
                |asked: &Context| P::statement(of_asset(asked, id, as_of), after.clone(), limit);
            let answered = reading.ask(asked).await?;
            let items = answered
                .rows
                .iter()
                .filter_map(|row| P::of(row).transpose());
            let items = items.collect::<Result<Vec<P>, _>>()?;
            may_read_parts(&reading, &answered, P::SHARED && !items.is_empty())?;
            Ok(Fetched {
                items: finish(reading, items).await?,
                entry: answered.entry,
            })
        }
    };
    page::listed(list, fetch, P::keys, lines).await
}

fn of_asset(asked: &Context, asset: Uuid, as_of: Option<Day>) -> OfAsset {
    OfAsset {
        tenant: asked.tenant,
        asset,
        sees: asked.companies.clone(),
        day: as_of.map_or(asked.today, |day| day.0),
    }
}

/// Refuses who sees neither the license nor, if that is enough, a share of it. The rows hold nothing of companies
/// that the token does not see.
fn may_read_parts(reading: &Reading, answered: &Answered, has_share: bool) -> Result<(), Problem> {
    let first = answered
        .rows
        .first()
        .ok_or_else(|| Problem::new(Kind::NotFound))?;
    if has_share {
        return Ok(());
    }
    reading.may_read(Resource::Asset(CompanyId(first.read("owner_id")?)))
}
