//! The first sheet: what the document is, its words and key figures, and the way to its tables.

use rust_xlsxwriter::{Format, FormatAlign, Url, Worksheet, XlsxError};

use super::cells;
use crate::document::{Block, Document, KeyFigure, Level, Value};
use crate::plain;
use crate::written::{self, Style};

/// The widths of the three columns, in characters.
const WIDTHS: [u16; 3] = [36, 28, 60];
/// Characters on a line of running text, which goes over all three columns.
const LINE_CHARS: usize = 115;
/// The height of a line, in points, and of the highest row that a spreadsheet has.
const LINE_PT: f64 = 15.0;
const ROW_PT_MAX: f64 = 409.0;

/// Fills the sheet. The tables' sheets are named in order.
pub(super) fn write(
    worksheet: &mut Worksheet,
    document: &Document,
    sheets: &[String],
) -> Result<(), XlsxError> {
    let mut page = Page { worksheet, row: 0 };
    for (at, width) in (0..).zip(WIDTHS) {
        page.worksheet.set_column_width(at, width)?;
    }
    page.text(&document.title, &Format::new().set_bold().set_font_size(18))?;
    if let Some(subtitle) = &document.subtitle {
        page.text(subtitle, &Format::new().set_font_size(12))?;
    }
    page.row += 1;
    page.facts(document)?;
    let mut sheets = sheets.iter();
    for block in &document.blocks {
        match block {
            Block::Heading(level, text) => page.heading(*level, text)?,
            Block::Paragraph(text) => page.paragraph(text)?,
            Block::KeyFigures(figures) => page.figures(figures)?,
            Block::Table(table) => {
                if let Some(sheet) = sheets.next() {
                    page.way_to(sheet, &table.caption, table.rows.len())?;
                }
            }
        }
    }
    if !document.notes.is_empty() {
        page.heading(Level::Subsection, "Notes")?;
        for note in &document.notes {
            page.paragraph(note)?;
        }
    }
    Ok(())
}

struct Page<'a> {
    worksheet: &'a mut Worksheet,
    row: u32,
}

impl Page<'_> {
    fn facts(&mut self, document: &Document) -> Result<(), XlsxError> {
        let pin = &document.pin;
        let mut facts = vec![
            ("Prepared by", Value::from(document.prepared_by.as_str())),
            ("Prepared for", Value::from(document.prepared_for.as_str())),
        ];
        if let Some(period) = document.period {
            facts.push(("Period", Value::from(written::period(period))));
        }
        facts.push(("As of", Value::from(pin.day)));
        facts.push(("Ledger entry", Value::Number(pin.entry.into())));
        if let Some(hash) = &pin.hash {
            facts.push(("Hash of the entry", Value::from(hash.as_str())));
        }
        for (label, value) in facts {
            self.worksheet.write_string(self.row, 0, label)?;
            self.value(&value, &left())?;
            self.row += 1;
        }
        Ok(())
    }

    fn figures(&mut self, figures: &[KeyFigure]) -> Result<(), XlsxError> {
        for figure in figures {
            let label = plain::line(&figure.label, cells::TEXT_CHARS_MAX);
            self.worksheet.write_string(self.row, 0, label)?;
            self.value(&figure.value, &left().set_bold())?;
            if let Some(detail) = &figure.detail {
                let detail = plain::line(detail, cells::TEXT_CHARS_MAX);
                self.worksheet.write_string(self.row, 2, detail)?;
            }
            self.row += 1;
        }
        Ok(())
    }

    fn way_to(&mut self, sheet: &str, caption: &str, rows: usize) -> Result<(), XlsxError> {
        // A quote within a quoted name is written twice.
        let quoted = sheet.replace('\'', "''");
        let url = Url::new(format!("internal:'{quoted}'!A1"))
            .set_text(plain::line(caption, cells::TEXT_CHARS_MAX));
        self.worksheet.write_url(self.row, 0, url)?;
        let rows = match rows {
            1 => "1 row".to_owned(),
            rows => format!("{} rows", written::grouped(rows.into(), 0)),
        };
        self.worksheet.write_string(self.row, 1, rows)?;
        self.row += 1;
        Ok(())
    }

    fn heading(&mut self, level: Level, text: &str) -> Result<(), XlsxError> {
        let size = match level {
            Level::Section => 14,
            Level::Subsection => 12,
        };
        self.row += 1;
        self.text(text, &Format::new().set_bold().set_font_size(size))
    }

    fn text(&mut self, text: &str, format: &Format) -> Result<(), XlsxError> {
        let text = plain::line(text, cells::TEXT_CHARS_MAX);
        self.worksheet
            .write_string_with_format(self.row, 0, text, format)?;
        self.row += 1;
        Ok(())
    }

    fn paragraph(&mut self, text: &str) -> Result<(), XlsxError> {
        let text = plain::lines(text, cells::TEXT_CHARS_MAX);
        let format = Format::new()
            .set_text_wrap()
            .set_align(FormatAlign::Top)
            .set_align(FormatAlign::Left);
        let lines: usize = text
            .split('\n')
            .map(|line| line.chars().count().div_ceil(LINE_CHARS).max(1))
            .sum();
        let height = (lines as f64 * LINE_PT).min(ROW_PT_MAX);
        self.worksheet.set_row_height(self.row, height)?;
        self.worksheet
            .merge_range(self.row, 0, self.row, 2, &text, &format)?;
        self.row += 1;
        Ok(())
    }

    fn value(&mut self, value: &Value, format: &Format) -> Result<(), XlsxError> {
        let style = Style::of(value);
        cells::write(self.worksheet, (self.row, 1), value, style, format)
    }
}

fn left() -> Format {
    Format::new().set_align(FormatAlign::Left)
}
