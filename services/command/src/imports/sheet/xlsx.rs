//! The rows of a workbook's first sheet that holds any.
//!
//! Cells are read one by one: a sheet that was laid out whole would let two cells in far corners ask for more
//! memory than there is.

use std::io::{self, Cursor, Read};

use bytes::Bytes;
use calamine::{DataRef, Reader, Xlsx};
use zip::ZipArchive;

use super::{
    super::{CELL_BYTES_MAX, COLUMNS_MAX, FileError, ROWS_MAX},
    Record,
};

/// Parts of a workbook: a sheet each, and a dozen more.
const PARTS_MAX: usize = 1_000;
/// Bytes that a workbook may unpack to: XML is some five times its text.
const UNPACKED_BYTES_MAX: u64 = 256 << 20;
/// How many times its size a workbook may unpack to: honest ones reach some 20, and DEFLATE ends at 1,032.
const RATIO_MAX: u64 = 100;
/// Below this, a ratio says nothing.
const SMALL_BYTES: u64 = 4 << 20;
/// Bytes of all cells together.
const TEXT_BYTES_MAX: usize = 100 << 20;
/// Cells, blank ones before the last of each row included: some 24 bytes each before they hold anything.
const CELLS_MAX: usize = 4_000_000;

/// Why a workbook could not be read.
#[derive(Debug, thiserror::Error)]
#[error("what reads workbooks gave up on it")]
struct GaveUp;

/// The columns' names, and all rows. The crates that read archives and XML are given whatever is sent: a place in
/// which they did not reckon with it is no fault of ours to those who sent a file, but one of the file.
pub(super) fn read(file: Bytes) -> Result<(Vec<String>, Vec<Record>), FileError> {
    let reading = std::panic::AssertUnwindSafe(move || table(file));
    std::panic::catch_unwind(reading).unwrap_or_else(|_| Err(unreadable(GaveUp)))
}

fn table(file: Bytes) -> Result<(Vec<String>, Vec<Record>), FileError> {
    check_unpacked(&file)?;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(file)).map_err(unreadable)?;
    for name in workbook.sheet_names() {
        let mut rows = rows(&mut workbook, &name)?;
        if rows.is_empty() {
            continue;
        }
        let head = rows.remove(0);
        let names = head.cells.iter().map(|name| name.trim().to_owned());
        let names: Vec<String> = names.collect();
        if names.len().saturating_mul(rows.len()) > CELLS_MAX {
            return Err(FileError::TooManyCells(CELLS_MAX));
        }
        for row in &mut rows {
            // Blank cells at the end of a row are not stored.
            if row.cells.len() < names.len() {
                row.cells.resize(names.len(), String::new());
            }
        }
        return Ok((names, rows));
    }
    Err(FileError::Empty)
}

/// Unpacks everything into nothing, and counts: what an archive says of its own size proves nothing.
fn check_unpacked(file: &Bytes) -> Result<(), FileError> {
    let mut archive = ZipArchive::new(Cursor::new(file)).map_err(unreadable)?;
    if archive.len() > PARTS_MAX {
        return Err(FileError::Bomb(format!("{PARTS_MAX} parts")));
    }
    let by_ratio = (file.len() as u64)
        .saturating_mul(RATIO_MAX)
        .max(SMALL_BYTES);
    let mut left = by_ratio.min(UNPACKED_BYTES_MAX);
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(unreadable)?;
        let size = io::copy(&mut part.take(left + 1), &mut io::sink()).map_err(unreadable)?;
        left = left.checked_sub(size).ok_or_else(|| {
            let limit = by_ratio.min(UNPACKED_BYTES_MAX);
            FileError::Bomb(format!("{} MiB", limit >> 20))
        })?;
    }
    Ok(())
}

fn rows(workbook: &mut Xlsx<Cursor<Bytes>>, sheet: &str) -> Result<Vec<Record>, FileError> {
    let mut cells = match workbook.worksheet_cells_reader(sheet) {
        Ok(cells) => cells,
        // A chart, say, which has no cells.
        Err(calamine::XlsxError::NotAWorksheet(_)) => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut rows: Vec<Record> = Vec::new();
    let (mut bytes, mut count) = (0, 0);
    while let Some(cell) = cells.next_cell().map_err(unreadable)? {
        let (row, column) = cell.get_position();
        let read = text(cell.get_value());
        if read.as_ref().is_ok_and(|text| text.trim().is_empty()) {
            continue;
        }
        let place = usize::try_from(column).unwrap_or(usize::MAX);
        if place >= COLUMNS_MAX {
            return Err(FileError::TooManyColumns);
        }
        let line = u64::from(row) + 1;
        if rows.last().is_none_or(|last| last.line != line) {
            // One more than rows are allowed, for the columns' names.
            if rows.len() as u64 > ROWS_MAX {
                return Err(FileError::TooManyRows);
            }
            rows.push(Record {
                line,
                ..Record::default()
            });
        }
        let Some(record) = rows.last_mut() else {
            continue;
        };
        if record.cells.len() <= place {
            count += place + 1 - record.cells.len();
            record.cells.resize(place + 1, String::new());
        }
        if count > CELLS_MAX {
            return Err(FileError::TooManyCells(CELLS_MAX));
        }
        match read {
            Ok(text) => {
                bytes += text.len();
                if bytes > TEXT_BYTES_MAX {
                    return Err(FileError::TooLarge);
                }
                record.cells[place] = text;
            }
            Err(why) => record.faults.push((place, why)),
        }
    }
    // Honest files are sorted. In others a row may come twice, which is told where it is read.
    rows.sort_by_key(|row| row.line);
    Ok(rows)
}

/// A cell as a CSV file would have it.
fn text(cell: &DataRef<'_>) -> Result<String, String> {
    // Many cells may share one text: its length counts before it is copied for each.
    let bounded = |text: &str| match text.len() {
        0..=CELL_BYTES_MAX => Ok(text.to_owned()),
        _ => Err(format!("is longer than {} KiB", CELL_BYTES_MAX >> 10)),
    };
    Ok(match cell {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            bounded(text)?
        }
        DataRef::SharedString(text) => bounded(text)?,
        DataRef::Int(number) => number.to_string(),
        // The shortest decimals that mean the same number: 25, not 25.0.
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        DataRef::DateTime(moment) => {
            let (year, month, day, ..) = moment.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        DataRef::Error(error) => return Err(format!("is the spreadsheet's error {error}")),
    })
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> FileError {
    FileError::Workbook(Box::new(error))
}
