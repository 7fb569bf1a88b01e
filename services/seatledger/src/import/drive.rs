//! Lands the rows of a file, a batch after the other, and shows how far it came.

use std::{fs, path::Path};

use command::imports::{Batch, FILE_BYTES_MAX, FileError, Landing, Ledger, Plan, Record, Sheet};
use indicatif::{ProgressBar, ProgressStyle};

use super::report::Report;

/// Rows between two moves of the bar.
const BATCH_ROWS: usize = 64;

/// A bar that shows itself on a terminal only.
pub(super) fn progress() -> ProgressBar {
    let template = "{wide_bar} {pos}/{len} rows, {per_sec}, {eta} left {msg}";
    let style = ProgressStyle::with_template(template);
    ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Reads a file to its end before anything lands: its columns' names and its rows.
pub(super) fn read(path: &Path) -> Result<(Vec<String>, Vec<Record>), FileError> {
    let size = fs::metadata(path).map_err(FileError::Open)?.len();
    if size > FILE_BYTES_MAX as u64 {
        return Err(FileError::TooLarge);
    }
    let mut sheet = Sheet::of(fs::read(path).map_err(FileError::Open)?.into())?;
    let records = sheet.by_ref().collect::<Result<_, _>>()?;
    Ok((sheet.names, records))
}

/// Lands the rows, until all have or nothing lands any more.
pub(super) async fn drive<L: Ledger>(
    records: &[Record],
    plan: &mut Plan<'_>,
    ledger: L,
    bar: &ProgressBar,
) -> Report {
    bar.set_length(records.len() as u64);
    let mut landing = Landing::new(ledger);
    let mut rows = Batch::default();
    for records in records.chunks(BATCH_ROWS) {
        let planned = records.iter().map(|record| plan.row(record)).collect();
        rows.add(landing.land(planned).await);
        bar.inc(records.len() as u64);
        if rows.stopped.is_some() {
            break;
        }
    }
    bar.finish_and_clear();
    let done = rows.new + rows.changed + rows.unchanged + rows.failed.len() as u64;
    rows.left = (records.len() as u64).saturating_sub(done);
    Report {
        rows,
        warnings: plan.warnings(),
    }
}
