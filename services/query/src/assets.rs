//! What is tracked.

mod columns;
mod past;

use std::sync::Arc;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::{access::Resource, calendar::days_left, expiry::Bucket, ids::CompanyId};
use read_models::register::queries::{self, AfterAsset, AssetKey, AssetOrder, Assets};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::value::RawValue;
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    extract::{Path, Query},
    headers::ETag,
    paging::{Cursor, Filters, Limit},
    problem::{Problem, Problems},
};

use crate::{
    companies::ExternalId,
    compliance::about,
    page::{self, Fetched, Listed},
    parameters::{Day, Format, NewEnough, StatusName, filter, lower, product_keys, words},
    read::{Context, Reading},
    row::Columns,
};

/// An asset, as it is on the asked day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Asset {
    id: Uuid,
    type_id: Uuid,
    company_id: Uuid,
    /// Its product, else its first text, else its type.
    name: String,
    product: Option<String>,
    vendor: Option<String>,
    /// How its seats are counted; none of what is no license.
    #[schema(example = "per_user")]
    metric: Option<String>,
    #[schema(example = "subscription")]
    agreement: Option<String>,
    /// By the keys of its type's fields. A password reads as `{set, secret_version, stored_at}`.
    #[schema(value_type = std::collections::HashMap<String, Object>)]
    values: Box<RawValue>,
    tags: Vec<String>,
    #[schema(value_type = Vec<ExternalId>)]
    external_ids: Box<RawValue>,
    archived: bool,
    version: i32,
    /// The ledger's entry that changed it last.
    entry: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// None of what is no license, and while it is archived.
    position: Option<Position>,
    /// None of what never ends.
    expiry: Option<Expiry>,
    #[serde(skip)]
    company_name: Option<String>,
    #[serde(skip)]
    sort_key: String,
}

/// A license's seats, and how the pool stands that it is part of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Position {
    /// Its seats, expiry aside.
    total: Option<i64>,
    /// Its seats that are owned, given its term.
    owned: Option<i64>,
    in_use: Option<i64>,
    /// Whether its term runs.
    in_force: bool,
    /// Seats that its pool is missing.
    short: Option<i64>,
    /// Seats that its pool has left over.
    spare: Option<i64>,
    /// Of its pool; none for what was known at a past instant, when the other licenses are not looked at.
    status: Option<String>,
    incomplete: Option<bool>,
}

/// How an asset ends.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AssetExpiry)]
pub(crate) struct Expiry {
    expiry_date: NaiveDate,
    deadline: NaiveDate,
    days_left: i64,
    bucket: &'static str,
    auto_renew: bool,
    /// Whether the end is of a term that nobody recorded.
    presumed: bool,
}

/// A page of assets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AssetPage {
    items: Vec<Asset>,
    next_cursor: Option<Cursor>,
    /// How many there are on all pages, if `count=true` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<i64>,
}

#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Of one of these types.
    #[serde(default)]
    r#type: Vec<Uuid>,
    /// Of one of these companies.
    #[serde(default)]
    company: Vec<Uuid>,
    /// Of one of these products, whatever the case and spacing of the name.
    #[serde(default)]
    product: Vec<String>,
    /// Of one of these vendors.
    #[serde(default)]
    vendor: Vec<String>,
    /// With this tag; with all of them if repeated.
    #[serde(default)]
    tag: Vec<String>,
    /// Whose pools stand so.
    #[serde(default)]
    status: Vec<StatusName>,
    /// Whose term ends before this day.
    expires_before: Option<Day>,
    /// Whose term ends after this day.
    expires_after: Option<Day>,
    /// Whose term ends at most so many days from today; those that have ended included.
    #[param(minimum = 0, maximum = 36500)]
    expires_within_days: Option<u16>,
    /// Changed after this instant.
    updated_after: Option<DateTime<Utc>>,
    /// These ones.
    #[serde(default)]
    ids: Vec<Uuid>,
    /// With this in a name, a tag or another text, whatever the case.
    q: Option<String>,
    /// Archived ones, or the others, which is what is listed otherwise; unless `ids` asks for some.
    archived: Option<bool>,
    /// `name`, `company`, `vendor`, `expiry_date`, `owned`, `in_use`, `created_at` or `updated_at`; with `-` in
    /// front the other way round.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    sort: Sort,
    /// Whether to count them all.
    #[serde(default, skip_serializing)]
    count: bool,
    /// `csv` and `ndjson` answer all rows.
    #[serde(default, skip_serializing)]
    #[param(inline)]
    format: Format,
    #[serde(default, skip_serializing)]
    limit: Limit,
    #[serde(skip_serializing)]
    cursor: Option<Cursor>,
}

/// What assets are sorted by.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Sort(AssetOrder);

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OneQuery {
    /// As it was, or will be, on this day.
    as_of: Option<Day>,
    /// As far as it was known at this instant.
    known_at: Option<DateTime<Utc>>,
}

/// The assets of the companies that the token sees, as they are today.
#[utoipa::path(get, path = "/v1/assets", tag = "assets", params(ListQuery, NewEnough),
    responses((status = OK, body = AssetPage), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    let selection = Filters::of("assets", &query);
    if query.format == Format::Json {
        let fetch = async |after, limit| fetch(&reading, &query, after, limit).await;
        let (page, entry) = page::page(
            selection,
            query.cursor.as_ref(),
            query.limit,
            fetch,
            Asset::keys,
        )
        .await?;
        let count = if query.count {
            Some(count(&reading, &query).await?)
        } else {
            None
        };
        let page = AssetPage {
            items: page.items,
            next_cursor: page.next_cursor,
            count,
        };
        return Ok((entry, Json(page)).into_response());
    }
    let lines = match query.format {
        Format::Csv => columns::lines(&reading, &query.r#type).await?,
        _ => columns::none(),
    };
    let list = Listed {
        name: "assets",
        selection,
        format: query.format,
        cursor: query.cursor.as_ref(),
        limit: query.limit,
    };
    let asked = Arc::new((reading, query.clone()));
    let fetch = move |after, limit| {
        let asked = Arc::clone(&asked);
        async move { fetch(&asked.0, &asked.1, after, limit).await }
    };
    page::listed(list, fetch, Asset::keys, lines).await
}

/// One asset: as it is, or as it was on a day, as far as that was known at an instant.
#[utoipa::path(get, path = "/v1/assets/{id}", tag = "assets", params(("id" = Uuid, Path), OneQuery, NewEnough),
    responses((status = OK, body = Asset,
        headers(("ETag" = String, description = "Its version; not of how it was."))), Problems),
    security(("token" = [])))]
pub(crate) async fn one(
    reading: Reading,
    Path(id): Path<Uuid>,
    Query(query): Query<OneQuery>,
) -> Result<Response, Problem> {
    let (row, answered) = reading
        .ask_one(|asked| queries::asset(about(asked, query.as_of), id))
        .await?;
    let day = query.as_of.map_or(answered.context.today, |day| day.0);
    let found = Asset::of(&row, day)?;
    reading.may_read(Resource::Asset(CompanyId(found.company_id)))?;
    if query.as_of.is_none() && query.known_at.is_none() {
        return Ok((answered.entry, ETag(found.version), Json(found)).into_response());
    }
    let past = past::asset(&reading, found, day, query.known_at).await?;
    // What the token may see of today, it need not see of then.
    reading.may_read(Resource::Asset(CompanyId(past.company_id)))?;
    Ok((answered.entry, Json(past)).into_response())
}

async fn fetch(
    reading: &Reading,
    query: &ListQuery,
    after: Option<AfterAsset>,
    limit: i64,
) -> Result<Fetched<Asset>, Problem> {
    let asked = reading.ask(|asked| {
        queries::assets(
            about(asked, None),
            query.assets(asked),
            query.sort.0,
            after.as_ref(),
            limit,
        )
    });
    let answered = asked.await?;
    let today = answered.context.today;
    let items = answered
        .rows
        .iter()
        .map(|row| Asset::of(row, today))
        .collect::<Result<_, _>>()?;
    Ok(Fetched {
        items,
        entry: answered.entry,
    })
}

async fn count(reading: &Reading, query: &ListQuery) -> Result<i64, Problem> {
    let asked =
        reading.ask_one(|asked| queries::asset_count(about(asked, None), query.assets(asked)));
    asked.await?.0.read("count")
}

impl ListQuery {
    fn assets(&self, asked: &Context) -> Assets {
        let within = self
            .expires_within_days
            .map(|days| Days::new(u64::from(days) + 1));
        let within = within.and_then(|days| asked.today.checked_add_days(days));
        let before = self.expires_before.map(|day| day.0);
        // What was archived can be asked for by its id without knowing that it was.
        let archived = self
            .archived
            .or_else(|| self.ids.is_empty().then_some(false));
        Assets {
            types: filter(self.r#type.clone()),
            companies: filter(self.company.clone()),
            products: filter(self.product.clone()),
            product_keys: product_keys(&self.product),
            vendors: lower(&self.vendor),
            tags: filter(self.tag.clone()),
            statuses: words(&self.status),
            expires_before: [before, within].into_iter().flatten().min(),
            expires_after: self.expires_after.map(|day| day.0),
            updated_after: self.updated_after,
            ids: filter(self.ids.clone()),
            search: self.q.as_ref().map(|text| text.trim().to_lowercase()),
            archived,
        }
    }
}

impl Asset {
    fn of(row: &Row, day: NaiveDate) -> Result<Self, Problem> {
        Ok(Self {
            id: row.read("asset_id")?,
            type_id: row.read("type_id")?,
            company_id: row.read("company_id")?,
            name: row.read("name")?,
            product: row.read("product")?,
            vendor: row.read("vendor")?,
            metric: row.read("metric")?,
            agreement: row.read("agreement")?,
            values: row.json("values")?,
            tags: row.read("tags")?,
            external_ids: row.json("external_ids")?,
            archived: row.read("archived")?,
            version: row.read("version")?,
            entry: row.read("entry")?,
            created_at: row.read("created_at")?,
            updated_at: row.read("updated_at")?,
            position: Position::of(row)?,
            expiry: Expiry::of(row, day)?,
            company_name: row.read("company_name")?,
            sort_key: row.read("sort_key")?,
        })
    }

    fn keys(last: &Self) -> AfterAsset {
        AfterAsset {
            sort_key: last.sort_key.clone(),
            asset_id: last.id,
        }
    }
}

impl Position {
    fn of(row: &Row) -> Result<Option<Self>, Problem> {
        let Some(in_force) = row.read("in_force")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            total: row.read("total")?,
            owned: row.read("owned")?,
            in_use: row.read("in_use")?,
            in_force,
            short: row.read("short")?,
            spare: row.read("spare")?,
            status: row.read("status")?,
            incomplete: row.read("incomplete")?,
        }))
    }
}

impl Expiry {
    fn of(row: &Row, day: NaiveDate) -> Result<Option<Self>, Problem> {
        let Some(expiry_date) = row.read("expiry_date")? else {
            return Ok(None);
        };
        Ok(Some(Self::on(
            day,
            expiry_date,
            row.read("deadline")?,
            row.read("auto_renew")?,
            row.read("presumed")?,
        )))
    }

    fn on(
        day: NaiveDate,
        expiry_date: NaiveDate,
        deadline: NaiveDate,
        auto_renew: bool,
        presumed: bool,
    ) -> Self {
        let days_left = days_left(day, expiry_date);
        let bucket = Bucket::of(days_left).as_str();
        Self {
            expiry_date,
            deadline,
            days_left,
            bucket,
            auto_renew,
            presumed,
        }
    }
}

impl<'de> Deserialize<'de> for Sort {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (descending, word) = text
            .strip_prefix('-')
            .map_or((false, text.as_str()), |word| (true, word));
        let key = AssetKey::ALL
            .iter()
            .find(|(_, name)| *name == word)
            .map(|(key, _)| *key);
        key.map(|key| Self(AssetOrder { key, descending }))
            .ok_or_else(|| {
                let words: Vec<_> = AssetKey::ALL.iter().map(|(_, word)| *word).collect();
                D::Error::custom(format!(
                    "must be one of {}, with or without `-` in front",
                    words.join(", ")
                ))
            })
    }
}
