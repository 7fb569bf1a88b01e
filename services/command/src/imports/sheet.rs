//! The table of a file, row by row, whatever its format.

mod csv;
mod source;
mod xlsx;

use std::io::{Cursor, Read};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::FileError;

/// How a ZIP begins, and so every XLSX.
const ZIP: &[u8] = b"PK\x03\x04";
/// How the workbooks before XLSX begin.
const OLD_WORKBOOK: &[u8] = b"\xd0\xcf\x11\xe0";

/// A table that is read row by row.
pub struct Sheet {
    /// The columns, as the first row names them.
    pub names: Vec<String>,
    records: Box<dyn Iterator<Item = Result<Record, FileError>> + Send>,
}

/// A row that is not blank.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Where it begins in the file, counted from 1.
    #[serde(rename = "l")]
    pub line: u64,
    /// Its cells as text.
    #[serde(rename = "c")]
    pub cells: Vec<String>,
    /// What is wrong with single cells, by their place.
    #[serde(rename = "f", default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<(usize, String)>,
    /// Why the row as a whole can't be read.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

impl Sheet {
    /// Reads a file that was sent, of whatever format its first bytes tell.
    ///
    /// # Errors
    /// If it can't be read, or is out of bounds.
    pub fn of(file: Bytes) -> Result<Self, FileError> {
        if file.starts_with(OLD_WORKBOOK) {
            return Err(FileError::OldWorkbook);
        }
        if file.starts_with(ZIP) {
            let (names, records) = xlsx::read(file)?;
            return Self::new(names, records.into_iter().map(Ok));
        }
        Self::of_csv(Cursor::new(file))
    }

    /// Reads a CSV file as it streams by.
    ///
    /// # Errors
    /// If its first line can't be read.
    pub fn of_csv(file: impl Read + Send + 'static) -> Result<Self, FileError> {
        let (names, records) = csv::read(file)?;
        Self::new(names, records)
    }

    fn new(
        names: Vec<String>,
        records: impl Iterator<Item = Result<Record, FileError>> + Send + 'static,
    ) -> Result<Self, FileError> {
        if names.len() > super::COLUMNS_MAX {
            return Err(FileError::TooManyColumns);
        }
        Ok(Self {
            names,
            records: Box::new(bounded(records)),
        })
    }
}

/// No more rows than a file may have, and nothing after what can't be read.
fn bounded(
    records: impl Iterator<Item = Result<Record, FileError>> + Send,
) -> impl Iterator<Item = Result<Record, FileError>> + Send {
    let (mut rows, mut ended) = (0u64, false);
    records
        .map(move |record| {
            rows += 1;
            match record {
                Ok(_) if rows > super::ROWS_MAX => Err(FileError::TooManyRows),
                record => record,
            }
        })
        .take_while(move |record| !std::mem::replace(&mut ended, record.is_err()))
}

impl Iterator for Sheet {
    type Item = Result<Record, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.records.next()
    }
}
