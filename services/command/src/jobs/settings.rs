//! What an import was asked for, and what was made of its file.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::imports::{Mapping, Options};

/// All that a job needs beside its file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) options: Options,
    /// The columns' names, as the file has them.
    pub(crate) names: Vec<String>,
    /// Shown in the history of all that it changes.
    pub(crate) reason: Option<String>,
    pub(crate) understood: Understood,
}

/// What was made of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Understood {
    /// Whether nothing is recorded.
    pub(crate) dry_run: bool,
    /// The type of the assets.
    pub(crate) asset_type_id: Uuid,
    /// Where the file comes from, if its columns tell.
    #[schema(example = "snipe-it")]
    pub(crate) preset: Option<String>,
    /// The columns that are read, by the field's key (or `company`, `tags`, `external_id`, `asset_id`).
    #[schema(value_type = Object, example = json!({ "product_name": "Software Name", "total_seats": "Seats" }))]
    pub(crate) mapping: Mapping,
    /// The columns that are passed over.
    pub(crate) ignored_columns: Vec<String>,
    /// How a row without `asset_id` and `external_id` finds the asset that it made before: by its company and type,
    /// by these fields, and by its count among equal rows.
    #[schema(example = json!(["product_name", "vendor", "license_type", "purchase_date"]))]
    pub(crate) identity: Vec<String>,
    /// What is worth knowing, though nothing is wrong.
    pub(crate) warnings: Vec<String>,
}
