//! Whether a document has the shape that both renderers rely on.

use chrono::Datelike;

use crate::document::{Block, Document, Kind, Table, Value};
use crate::error::{Limit, ReportError};

/// The years that both formats' metadata can name.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=9999;

/// Checks bounds, and that every row fits its columns.
pub(crate) fn check(document: &Document) -> Result<(), ReportError> {
    let whole = || format!("document {:?}", document.title);
    if !YEARS.contains(&document.pin.day.year()) {
        return Err(ReportError::Day(document.pin.day));
    }
    within(Limit::Blocks, document.blocks.len(), whole)?;
    within(Limit::Notes, document.notes.len(), whole)?;
    let tables = document
        .blocks
        .iter()
        .filter(|block| matches!(block, Block::Table(_)));
    within(Limit::Tables, tables.count(), whole)?;
    for block in &document.blocks {
        match block {
            Block::Heading(..) | Block::Paragraph(_) => {}
            Block::KeyFigures(figures) => {
                let row = || "a row of key figures".to_owned();
                within(Limit::KeyFigures, figures.len(), row)?;
            }
            Block::Table(table) => check_table(table)?,
        }
    }
    Ok(())
}

fn check_table(table: &Table) -> Result<(), ReportError> {
    let what = || format!("table {:?}", table.caption);
    if table.columns.is_empty() {
        return Err(ReportError::NoColumns {
            table: table.caption.clone(),
        });
    }
    within(Limit::Columns, table.columns.len(), what)?;
    within(Limit::Rows, table.rows.len(), what)?;
    within(Limit::Totals, table.totals.len(), what)?;
    within(Limit::Notes, table.notes.len(), what)?;
    for (at, row) in table.rows.iter().chain(&table.totals).enumerate() {
        if row.len() != table.columns.len() {
            return Err(ReportError::Uneven {
                table: table.caption.clone(),
                row: at + 1,
                expected: table.columns.len(),
                found: row.len(),
            });
        }
        for (value, column) in row.iter().zip(&table.columns) {
            if !belongs(value, column.kind) {
                return Err(ReportError::Misplaced {
                    table: table.caption.clone(),
                    row: at + 1,
                    column: column.header.clone(),
                    kind: column.kind,
                });
            }
        }
    }
    Ok(())
}

const fn belongs(value: &Value, kind: Kind) -> bool {
    match value {
        Value::Empty | Value::Text(_) => true,
        Value::Number(_) => matches!(kind, Kind::Number),
        Value::Money(_) => matches!(kind, Kind::Money),
        Value::Date(_) => matches!(kind, Kind::Date),
    }
}

fn within(limit: Limit, found: usize, what: impl Fn() -> String) -> Result<(), ReportError> {
    if found > limit.max() {
        return Err(ReportError::TooMany {
            what: what(),
            limit,
            found,
        });
    }
    Ok(())
}
