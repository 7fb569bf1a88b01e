//! Assets out of a file: CSV or XLSX.
//!
//! A [`Sheet`] is the file's table, whatever its format. A [`Plan`] says of every row what it asks of the ledger,
//! or all that is wrong with it. Rows land by the same commands as a single write; a dry run
//! rehearses them on the same decisions and records nothing. A row finds the asset that it made in
//! an earlier run, so the same file twice changes nothing.

mod cell;
mod cells;
mod columns;
mod companies;
mod files;
mod identity;
mod landing;
mod ledger;
mod log;
mod matching;
mod plan;
mod rehearsal;
mod row;
mod sheet;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use columns::{Columns, Mapping};
pub use companies::Companies;
pub use files::FileError;
pub use landing::{Batch, Landing};
pub use ledger::Through;
pub use log::{Catalog, CatalogError, chosen};
pub use plan::Plan;
pub(crate) use rehearsal::Rehearsal;
pub use row::{Landed, Ledger, Owner, Reason, Row, RowError, Target};
pub use sheet::{Record, Sheet};
pub use web::defang::{defang, refang};

/// Rows of one file: an MSP has some tens of thousands of licenses, and a report of so many failures is still
/// read.
pub const ROWS_MAX: u64 = 100_000;
/// Columns of one file: some times as many as a type has fields.
pub const COLUMNS_MAX: usize = 512;
/// Bytes of one file: some 500 for each row.
pub const FILE_BYTES_MAX: usize = 50 << 20;
/// Bytes of one cell: what the longest field of the ledger holds.
pub const CELL_BYTES_MAX: usize = 64 << 10;
/// The name under which external ids of rows are kept.
pub const SYSTEM: &str = "import";

/// What a file does not say about itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Options {
    /// Whether companies that are not there yet are added.
    pub create_companies: bool,
    /// The company, by name or id, of rows that name none.
    pub company: Option<String>,
    /// How days with slashes are written.
    pub dates: Option<DateOrder>,
    /// What parts decimals where it could as well part thousands.
    pub decimal_mark: Option<DecimalMark>,
}

/// Which comes first in a day that is no ISO date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateOrder {
    /// 31/12/2026.
    DayFirst,
    /// 12/31/2026.
    MonthFirst,
}

/// What stands before the decimals of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecimalMark {
    /// 1,234.50.
    Point,
    /// 1.234,50.
    Comma,
}
