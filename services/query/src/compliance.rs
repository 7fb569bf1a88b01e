//! Who owns enough: license positions by company, product and metric.

mod group;
mod license;
mod part;
mod pool;
mod product;

use std::sync::Arc;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use chrono::NaiveDate;
use domain::access::Resource;
use read_models::compliance::queries::{self, About, Group, Pools};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    extract::Query,
    paging::{Cursor, Filters, Limit, Page},
    problem::{Problem, Problems},
};

pub(crate) use self::product::covering;

use self::{
    group::{GroupPosition, Sum},
    license::LicensePosition,
    pool::PoolPosition,
};
use crate::{
    export::Lines,
    page::{self, Listed},
    parameters::{Day, Format, NewEnough, StatusName, filter, lower, words},
    read::{Context, Reading},
};

/// What is judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum GroupBy {
    /// All licenses of one company, product and metric together.
    #[default]
    Pool,
    /// Each license, with how its pool stands.
    License,
    /// All pools of each company, added up.
    Company,
    /// All pools of each vendor, added up.
    Vendor,
}

#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Of one of these companies.
    #[serde(default)]
    company: Vec<Uuid>,
    /// Of one of these products, each told by its id, by one of its names, whatever the case and spacing, or by a
    /// part number; suites that cover it are found too.
    #[serde(default)]
    product: Vec<String>,
    /// Of one of these vendors.
    #[serde(default)]
    vendor: Vec<String>,
    /// That stand so: `expired_in_use`, `under_licensed`, `unknown`, `true_up_due`, `over_licensed`, `compliant`,
    /// `unlimited`.
    #[serde(default)]
    #[param(inline)]
    status: Vec<StatusName>,
    /// On this day, past or to come, instead of today.
    #[param(inline)]
    as_of: Option<Day>,
    #[serde(default)]
    #[param(inline)]
    group_by: GroupBy,
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

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SummaryQuery {
    /// Of one of these companies.
    #[serde(default)]
    company: Vec<Uuid>,
    /// Of one of these products, each told by its id, by one of its names, whatever the case and spacing, or by a
    /// part number; suites that cover it are found too.
    #[serde(default)]
    product: Vec<String>,
    /// Of one of these vendors.
    #[serde(default)]
    vendor: Vec<String>,
    /// On this day, past or to come, instead of today.
    #[param(inline)]
    as_of: Option<Day>,
}

/// The positions of all pools, added up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Summary {
    /// The day that it is true for.
    as_of: NaiveDate,
    #[serde(flatten)]
    sum: Sum,
}

/// The pools, the gravest first.
#[utoipa::path(get, path = "/v1/compliance", operation_id = "list_compliance", tag = "Compliance", params(ListQuery, NewEnough),
    responses((status = OK, body = Page<PoolPosition>,
        description = "With `group_by=license`, the items are licenses and carry `asset_id` and `name`; with \
            `group_by=company` or `vendor`, they carry `company` or `vendor` with `pools`, `by_status`, `short`, \
            `spare` and `incomplete`, each added up."), Problems),
    security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    let list = Listed {
        name: "compliance",
        selection: Filters::of("compliance", &query),
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let pools = Pools {
        statuses: words(&query.status),
        ..wanted(&reading, &query.company, &query.product, &query.vendor).await?
    };
    let asked = Arc::new(Asked {
        reading,
        as_of: query.as_of,
        pools,
    });
    match query.group_by {
        GroupBy::Pool => {
            let fetch = move |after, limit| {
                let asked = Arc::clone(&asked);
                async move { pool::fetch(&asked, after, limit).await }
            };
            let lines = Lines::new(pool::COLUMNS, pool::cells);
            page::listed(list, fetch, PoolPosition::keys, lines).await
        }
        GroupBy::License => {
            let fetch = move |after, limit| {
                let asked = Arc::clone(&asked);
                async move { license::fetch(&asked, after, limit).await }
            };
            let lines = Lines::new(license::COLUMNS, license::cells);
            page::listed(list, fetch, LicensePosition::keys, lines).await
        }
        GroupBy::Company => groups(list, asked, Group::Company).await,
        GroupBy::Vendor => groups(list, asked, Group::Vendor).await,
    }
}

async fn groups(list: Listed<'_>, asked: Arc<Asked>, group: Group) -> Result<Response, Problem> {
    let fetch = move |after, limit| {
        let asked = Arc::clone(&asked);
        async move { group::fetch(&asked, group, after, limit).await }
    };
    page::listed(list, fetch, GroupPosition::keys, group::lines(group)).await
}

/// How many pools stand how.
#[utoipa::path(get, path = "/v1/compliance/summary", operation_id = "get_compliance_summary", tag = "Compliance", params(SummaryQuery, NewEnough),
    responses((status = OK, body = Summary), Problems), security(("token" = [])))]
pub(crate) async fn summary(
    reading: Reading,
    Query(query): Query<SummaryQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    let pools = wanted(&reading, &query.company, &query.product, &query.vendor).await?;
    let answered = reading
        .ask(|asked| queries::summary(about(asked, query.as_of), &pools))
        .await?;
    let mut sum = Sum::default();
    for row in &answered.rows {
        sum.add(row)?;
    }
    let as_of = query.as_of.map_or(answered.context.today, |day| day.0);
    Ok((answered.entry, Json(Summary { as_of, sum })).into_response())
}

/// A question about pools.
struct Asked {
    reading: Reading,
    as_of: Option<Day>,
    pools: Pools,
}

async fn wanted(
    reading: &Reading,
    companies: &[Uuid],
    products: &[String],
    vendors: &[String],
) -> Result<Pools, Problem> {
    Ok(Pools {
        companies: filter(companies.to_vec()),
        product_keys: covering(reading, products).await?,
        vendors: lower(vendors),
        statuses: None,
    })
}

/// Whose question, and about which day.
pub(crate) fn about(asked: &Context, as_of: Option<Day>) -> About<'_> {
    About {
        tenant: asked.tenant,
        sees: asked.companies.clone(),
        day: as_of.map_or(asked.today, |day| day.0),
        settings: &asked.settings,
    }
}
