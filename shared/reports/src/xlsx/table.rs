//! A table on a sheet of its own: the header stays in sight, the rows can be filtered.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Worksheet, XlsxError};

use super::cells;
use crate::document::Table;
use crate::plain;
use crate::written::Style;

/// The narrowest and the widest column, in characters.
const WIDTH_MIN: usize = 9;
const WIDTH_MAX: usize = 60;
/// Rows that are looked at to find a column's width: the widest of so many is wide enough.
const ROWS_MEASURED: usize = 2_000;
/// White beside the text and the button of the filter, in characters.
const WIDTH_EXTRA: usize = 3;
/// The shade of headers.
const SHADE: u32 = 0x00e8_eef2;

/// Fills a sheet.
pub(super) fn write(worksheet: &mut Worksheet, table: &Table) -> Result<(), XlsxError> {
    let styles: Vec<Style> = (0..table.columns.len())
        .map(|at| Style::of_column(table, at))
        .collect();
    let last = column(table.columns.len().saturating_sub(1));
    for (at, (definition, style)) in table.columns.iter().zip(&styles).enumerate() {
        let header = style.header(&definition.header, definition.kind);
        let header = plain::line(&header, cells::TEXT_CHARS_MAX);
        let format = Format::new()
            .set_bold()
            .set_text_wrap()
            .set_background_color(SHADE)
            .set_border_bottom(FormatBorder::Thin)
            .set_align(cells::side(definition.align))
            .set_align(FormatAlign::VerticalCenter);
        worksheet.set_column_width(column(at), width(table, at, *style, &header))?;
        worksheet.write_string_with_format(0, column(at), header, &format)?;
    }
    worksheet.set_freeze_panes(1, 0)?;
    worksheet.set_repeat_rows(0, 0)?;
    let mut row: u32 = 1;
    for values in &table.rows {
        for (at, (value, style)) in values.iter().zip(&styles).enumerate() {
            let format = aligned(table, at);
            cells::write(worksheet, (row, column(at)), value, *style, &format)?;
        }
        row += 1;
    }
    if table.rows.is_empty() {
        let text = plain::line(&table.if_empty, cells::TEXT_CHARS_MAX);
        worksheet.write_string(row, 0, text)?;
        row += 1;
    } else {
        worksheet.autofilter(0, 0, row - 1, last)?;
    }
    for values in &table.totals {
        for (at, (value, style)) in values.iter().zip(&styles).enumerate() {
            let format = aligned(table, at)
                .set_bold()
                .set_border_top(FormatBorder::Thin);
            cells::write(worksheet, (row, column(at)), value, *style, &format)?;
        }
        row += 1;
    }
    for note in &table.notes {
        row += 1;
        worksheet.write_string(row, 0, plain::line(note, cells::TEXT_CHARS_MAX))?;
    }
    Ok(())
}

fn aligned(table: &Table, at: usize) -> Format {
    let format = Format::new().set_align(FormatAlign::Top);
    match table.columns.get(at) {
        Some(column) => format.set_align(cells::side(column.align)),
        None => format,
    }
}

fn width(table: &Table, at: usize, style: Style, header: &str) -> u16 {
    let rows = table.rows.iter().take(ROWS_MEASURED).chain(&table.totals);
    let texts = rows.filter_map(|row| row.get(at));
    let widest = texts
        .map(|value| style.write(value).chars().count())
        // A header may stand on two lines.
        .chain([header.chars().count().div_ceil(2)])
        .chain(header.split(' ').map(|word| word.chars().count()))
        .max()
        .unwrap_or(0);
    let width = (widest + WIDTH_EXTRA).clamp(WIDTH_MIN, WIDTH_MAX);
    u16::try_from(width).unwrap_or(u16::MAX)
}

/// A table has at most [`crate::Limit::Columns`].
fn column(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}
