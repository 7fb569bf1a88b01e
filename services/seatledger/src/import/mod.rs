//! Licenses out of a CSV file.
//!
//! [`Plan`] reads a file as it streams by and says of every row what it asks of the ledger, or what is wrong
//! with it; [`drive`](drive::drive) gives the commands and reports. A row finds the license that it made in an
//! earlier run by an external id: its own, or one derived from what hardly ever changes about it. So the same
//! file twice changes nothing.

mod cell;
mod cells;
mod columns;
mod companies;
mod drive;
mod identity;
mod landing;
mod plan;
mod report;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use domain::{
    Command, FieldError,
    asset::{AssetDraft, AssetPatch},
    command::SecretsOf,
    ids::{AssetId, AssetTypeId, CompanyId},
    value::SecretInput,
};
use secrecy::SecretString;
use serde_json::Value as Json;

pub(crate) use companies::Companies;
pub(crate) use drive::{Landed, Ledger, Reason, drive};
pub(crate) use landing::licenses;
pub(crate) use plan::{Plan, Trouble};
pub(crate) use report::Report;

/// Rows of one file: an MSP has some tens of thousands of licenses, and a report of so many failures is still
/// read.
pub(crate) const ROWS_MAX: u64 = 100_000;
/// Bytes of one file: some 600 for each row.
pub(crate) const FILE_BYTES_MAX: u64 = 64 << 20;
/// Bytes of one cell: what the longest field of the ledger holds.
pub(crate) const CELL_BYTES_MAX: usize = 64 << 10;
/// The name under which external ids of rows are kept.
pub(crate) const SYSTEM: &str = "import";

/// What a file does not say about itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Options {
    /// Whether companies that are not there yet are added.
    pub(crate) create_companies: bool,
    /// How days with slashes are written.
    pub(crate) dates: Option<DateOrder>,
    /// What parts decimals where it could as well part thousands.
    pub(crate) decimal_mark: Option<DecimalMark>,
}

/// Which comes first in a day that is no ISO date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum DateOrder {
    /// 31/12/2026.
    DayFirst,
    /// 12/31/2026.
    MonthFirst,
}

/// What stands before the decimals of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum DecimalMark {
    /// 1,234.50.
    Point,
    /// 1.234,50.
    Comma,
}

/// What is wrong with the file as a whole.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("the file can't be opened")]
    Open(#[source] std::io::Error),
    #[error("the file can't be read")]
    Read(#[source] csv::Error),
    #[error("the first line can't be read")]
    Head(#[source] std::io::Error),
    #[error("the file is empty: its first line must name the columns")]
    Empty,
    #[error("the file is UTF-16: save it as CSV UTF-8")]
    Utf16,
    #[error("the first line is no UTF-8: save the file as CSV UTF-8")]
    NotUtf8,
    #[error("there is no column \"company\" that says whose each license is; there are {0}")]
    NoCompany(String),
    #[error("no column is a field of {asset_type:?}; its fields are {fields}")]
    NoFields { asset_type: String, fields: String },
    #[error("there is no column {0:?}, which every license must have")]
    NoRequired(String),
    #[error("the columns {first:?} and {second:?} mean the same: take one out")]
    SameTwice { first: String, second: String },
    #[error("the file is larger than {} MiB: split it", FILE_BYTES_MAX >> 20)]
    TooLarge,
    #[error("the file has more than {ROWS_MAX} rows: split it")]
    TooManyRows,
}

/// A row that asks something of the ledger.
#[derive(Debug)]
pub(crate) struct Row {
    /// Where it begins in the file, counted from 1.
    pub(crate) line: u64,
    /// Whose the license is.
    pub(crate) owner: Owner,
    /// What tells the license from all others.
    pub(crate) target: Target,
    /// Password fields by key, as they stand in the file: to be sealed, and shown to nobody.
    pub(crate) secrets: Vec<(String, SecretString)>,
    asset_type: AssetTypeId,
    values: BTreeMap<String, Json>,
    tags: Vec<String>,
}

/// Whose a license is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A company that is there.
    Known(CompanyId),
    /// One that is to be added first.
    New(String),
    /// Whoever has it: the row names the asset itself.
    Unchanged,
}

/// Which license a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// The one with this id in [`SYSTEM`]; a new one if there is none.
    External(String),
    /// One of the ledger's own, as its exports name it.
    Asset(AssetId),
}

/// A row that asks nothing, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowError {
    /// Where it begins in the file, counted from 1.
    pub(crate) line: u64,
    /// All that is wrong, by column. Values of password fields are never among it.
    pub(crate) errors: Vec<FieldError>,
}

impl Row {
    /// Whose secrets the row may name; `id` is for a license that is not there yet.
    #[must_use]
    pub(crate) fn secrets_of(&self, id: AssetId) -> SecretsOf {
        match &self.target {
            Target::Asset(id) => SecretsOf::Asset { id: *id },
            Target::External(external_id) => SecretsOf::ExternalAsset {
                id,
                asset_type: self.asset_type,
                system: SYSTEM.to_owned(),
                external_id: external_id.clone(),
            },
        }
    }

    /// What the row asks; `id` is for a license that is not there yet.
    #[must_use]
    pub(crate) fn command(
        self,
        id: AssetId,
        company: Option<CompanyId>,
        secrets: BTreeMap<String, SecretInput>,
    ) -> Command {
        let known = match self.owner {
            Owner::Known(known) => Some(known),
            Owner::New(_) | Owner::Unchanged => None,
        };
        match self.target {
            Target::Asset(id) => Command::ChangeAsset {
                id,
                patch: AssetPatch {
                    values: self.values,
                    secrets,
                    ..AssetPatch::default()
                },
            },
            Target::External(external_id) => Command::PutAsset {
                id,
                system: SYSTEM.to_owned(),
                external_id,
                draft: AssetDraft {
                    type_id: self.asset_type,
                    company_id: known.or(company).unwrap_or(CompanyId(uuid::Uuid::nil())),
                    values: self.values,
                    secrets,
                    tags: self.tags,
                    external_ids: Vec::new(),
                    effective_on: None,
                },
            },
        }
    }
}
