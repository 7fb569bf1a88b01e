//! Who owns enough: license positions by company, product and metric.

mod group;
mod license;
mod pool;

use std::{collections::BTreeMap, sync::Arc};

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

use self::{group::GroupPosition, license::LicensePosition, pool::PoolPosition};
use crate::{
    export::Lines,
    page::{self, Listed},
    parameters::{Day, Format, NewEnough, StatusName, filter, lower, product_keys, words},
    read::{Context, Reading},
    row::Columns,
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
    /// Of one of these products, whatever the case and spacing of the name.
    #[serde(default)]
    product: Vec<String>,
    /// Of one of these vendors.
    #[serde(default)]
    vendor: Vec<String>,
    /// That stand so: `expired_in_use`, `under_licensed`, `unknown`, `over_licensed`, `compliant`, `unlimited`.
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
    /// Of one of these products, whatever the case and spacing of the name.
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
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Summary {
    /// The day that it is true for.
    as_of: NaiveDate,
    /// How many pools there are.
    pools: i64,
    /// How many of them stand how.
    by_status: BTreeMap<String, i64>,
    /// Seats missing, over all pools. Never netted with the spare ones.
    short: i64,
    /// Seats left over, over all pools.
    spare: i64,
    /// Pools of which a count is missing, so that the sums say less than the truth.
    incomplete: i64,
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
    let asked = Arc::new((reading, query.clone()));
    match query.group_by {
        GroupBy::Pool => {
            let fetch = move |after, limit| {
                let asked = Arc::clone(&asked);
                async move { pool::fetch(&asked.0, &asked.1, after, limit).await }
            };
            let lines = Lines::new(pool::COLUMNS, pool::cells);
            page::listed(list, fetch, PoolPosition::keys, lines).await
        }
        GroupBy::License => {
            let fetch = move |after, limit| {
                let asked = Arc::clone(&asked);
                async move { license::fetch(&asked.0, &asked.1, after, limit).await }
            };
            let lines = Lines::new(license::COLUMNS, license::cells);
            page::listed(list, fetch, LicensePosition::keys, lines).await
        }
        GroupBy::Company => groups(list, asked, Group::Company).await,
        GroupBy::Vendor => groups(list, asked, Group::Vendor).await,
    }
}

async fn groups(
    list: Listed<'_>,
    asked: Arc<(Reading, ListQuery)>,
    group: Group,
) -> Result<Response, Problem> {
    let fetch = move |after, limit| {
        let asked = Arc::clone(&asked);
        async move { group::fetch(&asked.0, &asked.1, group, after, limit).await }
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
    let pools = Pools {
        companies: filter(query.company.clone()),
        product_keys: product_keys(&query.product),
        vendors: lower(&query.vendor),
        statuses: None,
    };
    let answered = reading
        .ask(|asked| queries::summary(about(asked, query.as_of), &pools))
        .await?;
    let mut summary = Summary {
        as_of: query.as_of.map_or(answered.context.today, |day| day.0),
        by_status: group::none_stand(),
        ..Summary::default()
    };
    for row in &answered.rows {
        let pools = row.read("pools")?;
        summary.by_status.insert(row.read("status")?, pools);
        summary.pools += pools;
        summary.short += row.read::<i64>("short")?;
        summary.spare += row.read::<i64>("spare")?;
        summary.incomplete += row.read::<i64>("incomplete")?;
    }
    Ok((answered.entry, Json(summary)).into_response())
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

impl ListQuery {
    fn pools(&self) -> Pools {
        Pools {
            companies: filter(self.company.clone()),
            product_keys: product_keys(&self.product),
            vendors: lower(&self.vendor),
            statuses: words(&self.status),
        }
    }
}
