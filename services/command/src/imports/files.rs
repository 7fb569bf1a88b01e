use domain::FieldError;

use super::{COLUMNS_MAX, FILE_BYTES_MAX, ROWS_MAX};

/// What is wrong with a file as a whole.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It can't be opened.
    #[error("the file can't be opened")]
    Open(#[source] std::io::Error),
    /// It can't be read to its end.
    #[error("the file can't be read")]
    Read(#[source] csv::Error),
    /// Not even its first line can be read.
    #[error("the first line can't be read")]
    Head(#[source] std::io::Error),
    /// It has no first line.
    #[error("the file is empty: its first line must name the columns")]
    Empty,
    /// It is text, but not as we read it.
    #[error("the file is UTF-16: save it as CSV UTF-8")]
    Utf16,
    /// The columns' names are in another encoding.
    #[error("the first line is no UTF-8: save the file as CSV UTF-8")]
    NotUtf8,
    /// A workbook of the time before XLSX.
    #[error("the file is an old Excel workbook (.xls): save it as .xlsx or CSV UTF-8")]
    OldWorkbook,
    /// It begins as a workbook and is none.
    #[error("the workbook can't be read: save it anew as .xlsx, or as CSV UTF-8")]
    Workbook(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What it unpacks to is out of all proportion.
    #[error("the workbook unpacks to more than {0}: save what is needed of it as CSV UTF-8")]
    Bomb(String),
    /// Nobody said whose the rows are.
    #[error(
        "there is no column \"company\" that says whose each row is, and no company was named for all; \
         there are {0}"
    )]
    NoCompany(String),
    /// The company that was named for all rows is not there.
    #[error("the company {0:?}, which was named for all rows, is not known")]
    UnknownCompany(String),
    /// No column means anything.
    #[error("no column is a field of {asset_type:?}; its fields are {fields}")]
    NoFields {
        /// The type's name.
        asset_type: String,
        /// Its fields' names.
        fields: String,
    },
    /// No row could be registered.
    #[error("there is no column {0:?}, which every row must have")]
    NoRequired(String),
    /// Two columns say the same of a row.
    #[error("the columns {first:?} and {second:?} mean the same: take one out")]
    SameTwice {
        /// The first column's name.
        first: String,
        /// The second's.
        second: String,
    },
    /// The mapping names what is not there.
    #[error("the mapping does not fit the file")]
    Mapping(Vec<FieldError>),
    /// It is longer than allowed.
    #[error("the file is larger than {} MiB: split it", FILE_BYTES_MAX >> 20)]
    TooLarge,
    /// It has more rows than allowed.
    #[error("the file has more than {ROWS_MAX} rows: split it")]
    TooManyRows,
    /// It has more cells than memory is kept for.
    #[error("the workbook has more than {0} cells: split it, or save it as CSV UTF-8")]
    TooManyCells(usize),
    /// It has more columns than allowed.
    #[error("the file has more than {COLUMNS_MAX} columns: take out those that are not needed")]
    TooManyColumns,
}
