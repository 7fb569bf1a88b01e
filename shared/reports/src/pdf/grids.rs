//! From a table to what the template reads.

use super::columns::{self, Need};
use super::pages::{Layout, TEXT_PT};
use super::sheet::Grid;
use crate::document::{Align, Kind, Table, Value};
use crate::written::{self, Style};

/// More rows than this nobody reads on paper: some 130 pages.
pub const ROWS_PER_TABLE_MAX: usize = 5_000;
/// What all tables of a document may show together. Five thousand rows of seven columns took 0.5 GB and 2.5 s.
pub const CELLS_IN_ALL_MAX: usize = 40_000;
/// A cell with more characters than this would fill a page by itself.
const CELL_CHARS_MAX: usize = 300;
/// What stands in place of rows of which none is shown: to say that there are none would be wrong.
const NOT_SHOWN: &str = "See the spreadsheet of this report.";
/// A header with more characters than this is a sentence.
const HEADER_CHARS_MAX: usize = 200;
/// The longest header that wants to stand on one line.
const HEADER_EM_MAX: f64 = 8.0;

impl Layout {
    /// A table's texts, and what its columns need. Widths and breaks are still open.
    pub(super) fn grid(&mut self, table: &Table) -> (Grid, Vec<Need>) {
        let columns = table.columns.len();
        let room = self.cells_left / columns.max(1);
        let shown = table.rows.len().min(ROWS_PER_TABLE_MAX).min(room);
        self.cells_left -= shown * columns;
        let mut notes: Vec<String> = Vec::new();
        if shown < table.rows.len() {
            let rows = written::grouped(table.rows.len().into(), 0);
            let some = match shown {
                0 => format!("None of {rows} rows are shown here"),
                shown => format!(
                    "The first {} of {rows} rows are shown here",
                    written::grouped(shown.into(), 0)
                ),
            };
            notes.push(format!(
                "{some}. The spreadsheet of this report has all of them."
            ));
        }
        notes.extend(table.notes.iter().cloned());
        let styles: Vec<Style> = (0..table.columns.len())
            .map(|at| Style::of_column(table, at))
            .collect();
        let mut needs: Vec<Need> = Vec::with_capacity(styles.len());
        let mut header: Vec<String> = Vec::with_capacity(styles.len());
        for (column, style) in table.columns.iter().zip(&styles) {
            let name = self.line(&style.header(&column.header, column.kind), HEADER_CHARS_MAX);
            let word = self.ruler.word_em(&name).min(columns::WORD_EM_MAX);
            needs.push(Need {
                least_em: word,
                text_em: word.max(header_em(self.ruler.width_em(&name))),
                words: column.kind == Kind::Text,
            });
            header.push(name);
        }
        let rows = self.cells(&table.rows[..shown], &styles, &mut needs);
        let mut totals = self.cells(&table.totals, &styles, &mut needs);
        for (texts, values) in totals.iter_mut().zip(&table.totals) {
            for (text, _) in texts
                .iter_mut()
                .zip(values)
                .filter(|(_, value)| **value == Value::Empty)
            {
                // What is not summed up is not a sum that is unknown.
                text.clear();
            }
        }
        let grid = Grid {
            caption: table.caption.clone(),
            size_pt: columns::SIZE_PT,
            widths_pt: Vec::new(),
            align: table
                .columns
                .iter()
                .map(|column| side(column.align))
                .collect(),
            header,
            rows,
            totals,
            if_empty: if table.rows.is_empty() {
                table.if_empty.clone()
            } else {
                NOT_SHOWN.to_owned()
            },
            notes,
        };
        (grid, needs)
    }

    fn cells(
        &mut self,
        rows: &[Vec<Value>],
        styles: &[Style],
        needs: &mut [Need],
    ) -> Vec<Vec<String>> {
        let mut cells = Vec::with_capacity(rows.len());
        for row in rows {
            let mut texts = Vec::with_capacity(row.len());
            for ((value, style), need) in row.iter().zip(styles).zip(needs.iter_mut()) {
                let text = self.line(&style.write(value), CELL_CHARS_MAX);
                let width = self.ruler.width_em(&text);
                let least = match value {
                    Value::Text(_) => self.ruler.word_em(&text).min(columns::WORD_EM_MAX),
                    Value::Empty | Value::Number(_) | Value::Money(_) | Value::Date(_) => width,
                };
                need.least_em = need.least_em.max(least);
                need.text_em = need.text_em.max(width);
                texts.push(text);
            }
            cells.push(texts);
        }
        cells
    }

    /// Gives a table its widths, and breaks what is wider.
    pub(super) fn fit(&mut self, grid: &mut Grid, needs: &[Need]) {
        let width = self.width_pt();
        if !columns::fit(needs, columns::SIZE_PT, width) {
            grid.size_pt = columns::SIZE_SMALL_PT;
        }
        grid.widths_pt = columns::widths(needs, grid.size_pt, width);
        let lines: Vec<f64> = grid
            .widths_pt
            .iter()
            .map(|width| (width - columns::PADDING_PT).max(1.0) / grid.size_pt)
            .collect();
        let all = grid.rows.iter_mut().chain(&mut grid.totals);
        for row in all.chain([&mut grid.header]) {
            for (text, line_em) in row.iter_mut().zip(&lines) {
                // Never narrower than one letter: a break after each would not help.
                *text = self.ruler.broken(text, line_em.max(1.0));
            }
        }
        grid.caption = self.fitted(&grid.caption, TEXT_PT, width);
        grid.if_empty = self.fitted(&grid.if_empty, TEXT_PT, width);
        for note in &mut grid.notes {
            *note = self.remark(note, TEXT_PT, width);
        }
    }
}

/// A short header wants one line; a long one is content with two.
const fn header_em(width_em: f64) -> f64 {
    if width_em <= HEADER_EM_MAX {
        width_em
    } else {
        width_em / 2.0
    }
}

const fn side(align: Align) -> &'static str {
    match align {
        Align::Start => "start",
        Align::Center => "center",
        Align::End => "end",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Column, Paper};
    use crate::pdf::fonts::Fonts;

    #[test]
    fn rows_beyond_what_is_read_on_paper_are_told_in_a_line() {
        let mut layout = Layout::new(Paper::A4, Fonts::get().unwrap());
        let mut table = Table::new("Seats", vec![Column::number("Number"); 4], "None.");
        table.rows = vec![vec![Value::from(1); 4]; 7_412];
        for (shown, told) in [
            (5_000, "The first 5,000 of 7,412 rows are shown here."),
            (5_000, "The first 5,000 of 7,412 rows are shown here."),
            (0, "None of 7,412 rows are shown here."),
        ] {
            let (grid, _) = layout.grid(&table);
            assert_eq!(grid.rows.len(), shown);
            assert!(grid.notes[0].starts_with(told), "{}", grid.notes[0]);
        }
    }
}
