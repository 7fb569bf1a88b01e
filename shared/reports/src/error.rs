//! Why a document could not be made.

use crate::document::Kind;

/// Why a document could not be made. Each is a mistake of the caller or of this crate, none of a reader's.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A part has more than is ever read by a person.
    #[error("{what} has {found} {}: at most {} fit in a document", limit.unit(), limit.max())]
    TooMany {
        /// The part of the document.
        what: String,
        /// What was counted.
        limit: Limit,
        /// How many there are.
        found: usize,
    },
    /// A table has no columns.
    #[error("table {table:?} has no columns")]
    NoColumns {
        /// The table's caption.
        table: String,
    },
    /// A row has not one value for each column.
    #[error("table {table:?}, row {row}: {found} values for {expected} columns")]
    Uneven {
        /// The table's caption.
        table: String,
        /// The row, counted from 1; totals are counted on.
        row: usize,
        /// The table's columns.
        expected: usize,
        /// The row's values.
        found: usize,
    },
    /// A value is not of its column's kind.
    #[error("table {table:?}, row {row}, column {column:?}: a {kind:?} or a text is expected")]
    Misplaced {
        /// The table's caption.
        table: String,
        /// The row, counted from 1; totals are counted on.
        row: usize,
        /// The column's header.
        column: String,
        /// What the column holds.
        kind: Kind,
    },
    /// The document's day lies outside of the years that the file's metadata can name.
    #[error("{0} can't be the date of a document: its year must lie between 1900 and 9999")]
    Day(chrono::NaiveDate),
    /// A font that is part of this program can't be read.
    #[error("the font {0} can't be read")]
    Font(&'static str),
    /// The document could not be handed to the typesetter.
    #[error("the document could not be handed to the typesetter")]
    Encode(#[source] serde_json::Error),
    /// The typesetter could not lay the document out.
    #[error("the document could not be laid out")]
    Layout(#[source] Complaints),
    /// The laid-out document could not be written as an archivable PDF.
    #[error("the document could not be written as PDF/A")]
    Export(#[source] Complaints),
    /// The workbook could not be written.
    #[error("the workbook could not be written")]
    Workbook(#[source] rust_xlsxwriter::XlsxError),
}

/// What the typesetter said, in its own words.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct Complaints(pub Vec<String>);

/// What a document can have only so many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Blocks of a document.
    Blocks,
    /// Tables of a document; a workbook with more sheets can't be leafed through.
    Tables,
    /// Columns of a table: more can't be read even on a page laid sideways.
    Columns,
    /// Rows of sums of a table: one for each currency.
    Totals,
    /// Key figures side by side.
    KeyFigures,
    /// Notes of a document or a table.
    Notes,
    /// Rows of a table: a report is held in memory; longer lists are exported row by row.
    Rows,
}

impl Limit {
    /// How many there may be.
    #[must_use]
    pub const fn max(self) -> usize {
        match self {
            Self::Blocks => 500,
            Self::Tables => 100,
            Self::Columns => 16,
            Self::Totals => 200,
            Self::KeyFigures => 6,
            Self::Notes => 100,
            Self::Rows => 200_000,
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Tables => "tables",
            Self::Columns => "columns",
            Self::Totals => "rows of totals",
            Self::KeyFigures => "key figures",
            Self::Notes => "notes",
            Self::Rows => "rows",
        }
    }
}
