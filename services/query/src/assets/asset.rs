//! An asset, as it is answered.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{calendar::days_left, expiry::Bucket};
use read_models::register::queries::AfterAsset;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio_postgres::{Row, types::Json};
use utoipa::ToSchema;
use uuid::Uuid;
use web::problem::Problem;

use crate::{companies::ExternalId, row::Columns};

/// An asset, as it is on the asked day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Asset {
    pub(super) id: Uuid,
    pub(super) type_id: Uuid,
    pub(super) company_id: Uuid,
    /// Its product, else its first text, else its type.
    pub(super) name: String,
    pub(super) product: Option<String>,
    pub(super) vendor: Option<String>,
    /// How its seats are counted; none of what is no license.
    #[schema(example = "per_user")]
    pub(super) metric: Option<String>,
    #[schema(example = "subscription")]
    pub(super) agreement: Option<String>,
    /// By the keys of its type's fields. A password reads as `{set, secret_version, stored_at}`.
    #[schema(value_type = std::collections::HashMap<String, Object>)]
    pub(super) values: Box<RawValue>,
    pub(super) tags: Vec<String>,
    #[schema(value_type = Vec<ExternalId>)]
    pub(super) external_ids: Box<RawValue>,
    pub(super) archived: bool,
    pub(super) version: i32,
    /// The ledger's entry that changed it last.
    pub(super) entry: i64,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
    /// None of what is no license, and while it is archived.
    pub(super) position: Option<Position>,
    /// None of what never ends.
    pub(super) expiry: Option<Expiry>,
    #[serde(skip)]
    pub(super) company_name: Option<String>,
    #[serde(skip)]
    pub(super) company_external_ids: Option<Box<RawValue>>,
    #[serde(skip)]
    pub(super) sort_key: String,
}

/// A license's seats, and how the pool stands that it is part of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Position {
    /// Its seats, expiry aside.
    pub(super) total: Option<i64>,
    /// Its seats that are owned, given its term.
    pub(super) owned: Option<i64>,
    pub(super) in_use: Option<i64>,
    /// Whether its term runs.
    pub(super) in_force: bool,
    /// Seats that its pool is missing.
    pub(super) short: Option<i64>,
    /// Seats that its pool has left over.
    pub(super) spare: Option<i64>,
    /// Of its pool; none for what was known at a past instant, when the other licenses are not looked at.
    pub(super) status: Option<String>,
    pub(super) incomplete: Option<bool>,
}

/// How an asset ends.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AssetExpiry)]
pub(crate) struct Expiry {
    pub(super) expiry_date: NaiveDate,
    pub(super) deadline: NaiveDate,
    pub(super) days_left: i64,
    pub(super) bucket: &'static str,
    pub(super) auto_renew: bool,
    /// Whether the end is of a term that nobody recorded.
    pub(super) presumed: bool,
}

impl Asset {
    pub(super) fn of(row: &Row, day: NaiveDate) -> Result<Self, Problem> {
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
            company_external_ids: row
                .read::<Option<Json<Box<RawValue>>>>("company_external_ids")?
                .map(|ids| ids.0),
            sort_key: row.read("sort_key")?,
        })
    }

    pub(super) fn keys(last: &Self) -> AfterAsset {
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
    pub(super) fn of(row: &Row, day: NaiveDate) -> Result<Option<Self>, Problem> {
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

    pub(super) fn on(
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
