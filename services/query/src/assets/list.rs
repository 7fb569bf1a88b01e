//! Lists of assets, filtered and sorted.

use std::sync::Arc;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Days, Utc};
use domain::access::Resource;
use read_models::register::queries::{self, AfterAsset, AssetOrder, Assets, FieldFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    paging::{Cursor, Filters, Limit},
    problem::{Kind, Problem, Problems},
};

use super::{
    asset::Asset,
    columns,
    fields::{self, Asked},
    order,
};
use crate::{
    asset_types,
    compliance::{about, covering},
    page::{self, Fetched, Listed},
    parameters::{Day, Format, NewEnough, StatusName, filter, lower, words},
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
    /// With all of these words in its texts, tags or external ids, or in its company's name, whatever the case; the
    /// last may be the beginning of a word.
    q: Option<String>,
    /// Archived ones, or the others, which is what is listed otherwise; unless `ids` asks for some.
    archived: Option<bool>,
    /// `name`, `company`, `vendor`, `expiry_date`, `owned`, `in_use`, `created_at`, `updated_at` or `field.<key>`; with
    /// `-` in front the other way round.
    #[serde(default)]
    sort: Option<String>,
    /// Whether to count them all.
    #[serde(default, skip_serializing)]
    count: bool,
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

/// A list's query with what the types tell of the fields that it names.
struct Selected {
    reading: Reading,
    query: ListQuery,
    /// The pools of the products that were asked for, however their names are written.
    product_keys: Option<Vec<String>>,
    fields: Vec<FieldFilter>,
    order: AssetOrder,
}

/// The assets of the companies that the token sees, as they are today.
///
/// They can also be filtered by the fields of their types: `field.<key>=value`, whatever the case; `[in]=one,other`;
/// `[not]=value`; `[contains]=text`; `[gte]=` and `[lte]=` a number or a day; `[empty]=true` or `false`. All must
/// hold; of a repeated one, any value (of `[not]`, none).
#[utoipa::path(get, path = "/v1/assets", operation_id = "list_assets", tag = "Assets", params(ListQuery, NewEnough),
    responses((status = OK, body = AssetPage), Problems), security(("token" = [])))]
pub(crate) async fn list(reading: Reading, asked: Asked) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    let selected = Selected::of(reading, asked).await?;
    let query = &selected.query;
    let selection = Filters::of("assets", &(query, &selected.fields));
    if query.format == Format::Json {
        let fetch = async |after, limit| selected.fetch(after, limit).await;
        let (page, entry) = page::page(
            selection,
            query.cursor.as_ref(),
            query.limit,
            fetch,
            Asset::keys,
        )
        .await?;
        let count = if query.count {
            Some(selected.count().await?)
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
        Format::Csv | Format::Xlsx => columns::lines(&selected.reading, &query.r#type).await?,
        _ => columns::none(),
    };
    let cursor = query.cursor.clone();
    let list = Listed {
        name: "assets",
        selection,
        format: query.format,
        cursor: cursor.as_ref(),
        limit: query.limit,
    };
    let selected = Arc::new(selected);
    let fetch = move |after, limit| {
        let selected = Arc::clone(&selected);
        async move { selected.fetch(after, limit).await }
    };
    page::listed(list, fetch, Asset::keys, lines).await
}

impl Selected {
    async fn of(reading: Reading, asked: Asked) -> Result<Self, Problem> {
        let Asked { query, fields } = asked;
        let named = order::Named::of(query.sort.as_deref())?;
        let product_keys = covering(&reading, &query.product).await?;
        if fields.is_empty() && !named.is_field() {
            let order = named.plain();
            return Ok(Self {
                reading,
                query,
                product_keys,
                fields: Vec::new(),
                order,
            });
        }
        let mut of_types = Vec::new();
        for found in asset_types::all(&reading).await? {
            if query.r#type.is_empty() || query.r#type.contains(&found.id()) {
                of_types.extend(found.fields_in_use()?);
            }
        }
        Ok(Self {
            fields: fields::filters(&fields, &of_types)?,
            order: named.of_fields(&of_types)?,
            reading,
            query,
            product_keys,
        })
    }

    async fn fetch(
        &self,
        after: Option<AfterAsset>,
        limit: i64,
    ) -> Result<Fetched<Asset>, Problem> {
        let after = after
            .map(|after| {
                let readable = after.readable(&self.order.key);
                readable.ok_or_else(|| Problem::new(Kind::BadCursor))
            })
            .transpose()?;
        let asked = self.reading.ask(|asked| {
            queries::assets(
                about(asked, None),
                self.assets(asked),
                &self.order,
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

    async fn count(&self) -> Result<i64, Problem> {
        let asked = self
            .reading
            .ask_one(|asked| queries::asset_count(about(asked, None), self.assets(asked)));
        asked.await?.0.read("count")
    }

    fn assets(&self, asked: &Context) -> Assets {
        Assets {
            fields: self.fields.clone(),
            product_keys: self.product_keys.clone(),
            ..self.query.assets(asked)
        }
    }
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
            product_keys: None,
            vendors: lower(&self.vendor),
            tags: filter(self.tag.clone()),
            statuses: words(&self.status),
            expires_before: [before, within].into_iter().flatten().min(),
            expires_after: self.expires_after.map(|day| day.0),
            updated_after: self.updated_after,
            ids: filter(self.ids.clone()),
            search: self.q.clone(),
            archived,
            fields: Vec::new(),
        }
    }
}
