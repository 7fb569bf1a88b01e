//! Lists of assets, filtered and sorted.

use std::sync::Arc;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Days, Utc};
use domain::access::Resource;
use read_models::register::queries::{self, AfterAsset, AssetKey, AssetOrder, Assets, FieldFilter};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    paging::{Cursor, Filters, Limit},
    problem::{Kind, Problem, Problems},
};

use super::{asset::Asset, columns, fields::Asked};
use crate::{
    compliance::about,
    page::{self, Fetched, Listed},
    parameters::{Day, Format, NewEnough, StatusName, filter, lower, product_keys, words},
    read::{Context, Reading},
    row::Columns,
};

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
    #[param(inline)]
    status: Vec<StatusName>,
    /// Whose term ends before this day.
    #[param(inline)]
    expires_before: Option<Day>,
    /// Whose term ends after this day.
    #[param(inline)]
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
    /// Read by [`super::fields`].
    #[serde(skip_deserializing, skip_serializing_if = "Vec::is_empty")]
    #[param(ignore)]
    pub(super) fields: Vec<FieldFilter>,
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
    #[param(inline)]
    limit: Limit,
    #[serde(skip_serializing)]
    #[param(inline)]
    cursor: Option<Cursor>,
}

/// What assets are sorted by.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Sort(AssetOrder);

/// The assets of the companies that the token sees, as they are today.
///
/// They can also be filtered by the fields of their types: `field.<key>=value`, whatever the case;
/// `field.<key>[contains]=text`; `field.<key>[gte]=` and `[lte]=` a number or a day; `field.<key>[empty]=true` or
/// `false`. All must hold; of a repeated one, any value.
#[utoipa::path(get, path = "/v1/assets", operation_id = "list_assets", tag = "Assets", params(ListQuery, NewEnough),
    responses((status = OK, body = AssetPage), Problems), security(("token" = [])))]
pub(crate) async fn list(reading: Reading, Asked(query): Asked) -> Result<Response, Problem> {
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

async fn fetch(
    reading: &Reading,
    query: &ListQuery,
    after: Option<AfterAsset>,
    limit: i64,
) -> Result<Fetched<Asset>, Problem> {
    let after = after
        .map(|after| {
            let readable = after.readable(query.sort.0.key);
            readable.ok_or_else(|| Problem::new(Kind::BadCursor))
        })
        .transpose()?;
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
            fields: self.fields.clone(),
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
