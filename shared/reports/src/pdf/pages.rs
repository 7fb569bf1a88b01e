//! From a document to what the template reads.

use chrono::Datelike;

use super::columns::{self, Need};
use super::fonts::Fonts;
use super::ruler::Ruler;
use super::sheet::{Figure, Grid, Part, Sheet};
use crate::document::{Align, Block, Document, KeyFigure, Kind, Level, Paper, Table, Value};
use crate::plain;
use crate::written::{self, Style};

/// More rows than this nobody reads on paper: some 130 pages.
pub const ROWS_PER_TABLE_MAX: usize = 5_000;
/// What all tables of a document may show together, so that printing takes seconds.
pub const ROWS_IN_ALL_MAX: usize = 10_000;
/// A cell with more characters than this would fill a page by itself.
const CELL_CHARS_MAX: usize = 300;
/// Names, headings and labels stand on one to three lines.
const LINE_CHARS_MAX: usize = 200;
/// Two pages of running text.
const PARAGRAPH_CHARS_MAX: usize = 8_000;
/// Sizes of key figures, in points: as large as they fit, all of one row alike.
const FIGURE_PT_MAX: f64 = 19.0;
const FIGURE_PT_MIN: f64 = 9.0;
/// Key figures side by side; more begin another row.
const FIGURES_PER_ROW_MAX: usize = 4;
/// The white between two key figures, in points, as the template has it.
const FIGURES_GUTTER_PT: f64 = 16.0;
/// What a document without a title is called: readers and archives ask for one.
const UNTITLED: &str = "Report";
/// The sizes of running text and of headings in ems of which no line is wider than the page, in points.
const TEXT_PT: f64 = 9.5;
const TITLE_PT: f64 = 22.0;
/// The longest header that wants to stand on one line.
const HEADER_EM_MAX: f64 = 8.0;
/// The facts below the title, as the template has them; the first is a name and has more room.
const FACT_PT: f64 = 9.0;
const FACTS_GUTTER_PT: f64 = 14.0;
const FACT_SHARES: [f64; 4] = [1.6, 1.2, 1.0, 1.0];

/// Decides the page and every column, and makes every text fit.
pub(super) fn laid_out(document: &Document, fonts: &'static Fonts) -> Sheet {
    let mut layout = Layout {
        fonts,
        ruler: Ruler::new(fonts),
        paper: document.paper,
        sideways: false,
        replaced: false,
        in_section: false,
        rows_left: ROWS_IN_ALL_MAX,
    };
    // Tables first: they decide how the page lies.
    let mut grids: Vec<(Grid, Vec<Need>)> = document
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Table(table) => Some(layout.grid(table)),
            _ => None,
        })
        .collect();
    let upright = columns::text_width_pt(document.paper, false);
    layout.sideways = grids
        .iter()
        .any(|(_, needs)| !columns::fit(needs, columns::SIZE_PT, upright));
    for (grid, needs) in &mut grids {
        layout.fit(grid, needs);
    }
    let mut grids = grids.into_iter();
    let blocks: Vec<Part> = document
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Table(_) => grids.next().map(|(grid, _)| Part::Table(grid)),
            other => layout.part(other),
        })
        .collect();
    layout.sheet(document, blocks)
}

struct Layout {
    fonts: &'static Fonts,
    ruler: Ruler,
    paper: Paper,
    sideways: bool,
    replaced: bool,
    in_section: bool,
    rows_left: usize,
}

impl Layout {
    fn width_pt(&self) -> f64 {
        columns::text_width_pt(self.paper, self.sideways)
    }

    /// A text of one line that can be shown.
    fn line(&mut self, text: &str, chars_max: usize) -> String {
        self.shown(&plain::line(text, chars_max))
    }

    fn shown(&mut self, text: &str) -> String {
        let (shown, replaced) = self.fonts.showable(text);
        self.replaced |= replaced;
        shown
    }

    /// A text of one line that breaks where it must to fit a width.
    fn fitted(&mut self, text: &str, size_pt: f64, width_pt: f64) -> String {
        let line = self.line(text, LINE_CHARS_MAX);
        self.ruler.broken(&line, width_pt / size_pt)
    }

    /// Who listens to a document jumps from heading to heading, and no level may be missing.
    const fn level(&mut self, level: Level) -> u8 {
        match level {
            Level::Subsection if self.in_section => 2,
            Level::Section | Level::Subsection => {
                self.in_section = true;
                1
            }
        }
    }

    fn part(&mut self, block: &Block) -> Option<Part> {
        let width = self.width_pt();
        match block {
            Block::Heading(level, text) => {
                let text = self.fitted(text, TITLE_PT, width);
                // A heading without a name leads nowhere.
                (!text.trim().is_empty()).then(|| Part::Heading {
                    level: self.level(*level),
                    text,
                })
            }
            Block::Paragraph(text) => {
                let text = self.shown(&plain::lines(text, PARAGRAPH_CHARS_MAX));
                let lines = text.split('\n');
                Some(Part::Paragraph {
                    lines: lines
                        .map(|line| self.ruler.broken(line, width / TEXT_PT))
                        .collect(),
                })
            }
            Block::KeyFigures(figures) if figures.is_empty() => None,
            Block::KeyFigures(figures) => Some(self.figures(figures)),
            Block::Table(_) => None,
        }
    }

    fn figures(&mut self, figures: &[KeyFigure]) -> Part {
        let rows = figures.len().div_ceil(FIGURES_PER_ROW_MAX);
        let per_row = figures.len().div_ceil(rows);
        let gutters = FIGURES_GUTTER_PT * (per_row - 1) as f64;
        let width = (self.width_pt() - gutters) / per_row as f64;
        let values: Vec<String> = figures
            .iter()
            .map(|figure| {
                let value = Style::of(&figure.value).write(&figure.value);
                self.line(&value, LINE_CHARS_MAX)
            })
            .collect();
        let widest = values
            .iter()
            .map(|value| self.ruler.width_em(value))
            .fold(1.0, f64::max);
        let size_pt = (width / widest).clamp(FIGURE_PT_MIN, FIGURE_PT_MAX);
        let figures = figures
            .iter()
            .zip(values)
            .map(|(figure, value)| Figure {
                label: self.fitted(&figure.label, FACT_PT, width),
                value: self.ruler.broken(&value, width / size_pt),
                detail: figure
                    .detail
                    .as_ref()
                    .map(|detail| self.fitted(detail, FACT_PT, width)),
            })
            .collect();
        Part::Figures {
            per_row,
            size_pt,
            figures,
        }
    }

    /// A table's texts, and what its columns need. Widths and breaks are still open.
    fn grid(&mut self, table: &Table) -> (Grid, Vec<Need>) {
        let shown = table.rows.len().min(ROWS_PER_TABLE_MAX).min(self.rows_left);
        self.rows_left -= shown;
        let mut notes: Vec<String> = Vec::new();
        if shown < table.rows.len() {
            notes.push(format!(
                "The first {} of {} rows are shown here. The spreadsheet of this report has all of them.",
                written::grouped(shown.into(), 0),
                written::grouped(table.rows.len().into(), 0),
            ));
        }
        notes.extend(table.notes.iter().cloned());
        let styles: Vec<Style> = (0..table.columns.len())
            .map(|at| Style::of_column(table, at))
            .collect();
        let mut needs: Vec<Need> = Vec::with_capacity(styles.len());
        let mut header: Vec<String> = Vec::with_capacity(styles.len());
        for (column, style) in table.columns.iter().zip(&styles) {
            let name = self.line(&style.header(&column.header, column.kind), LINE_CHARS_MAX);
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
            if_empty: table.if_empty.clone(),
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
    fn fit(&mut self, grid: &mut Grid, needs: &[Need]) {
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
            *note = self.fitted(note, TEXT_PT, width);
        }
    }

    fn sheet(mut self, document: &Document, blocks: Vec<Part>) -> Sheet {
        let width = self.width_pt();
        let pin = &document.pin;
        let day = written::day_long(pin.day);
        let entry = written::grouped(pin.entry.into(), 0);
        let prepared_by = self.fitted(&document.prepared_by, TEXT_PT, width / 3.0);
        let prepared_for = self.fitted(&document.prepared_for, TEXT_PT, width / 3.0);
        let mut facts = vec![("Prepared for", document.prepared_for.clone())];
        if let Some(period) = document.period {
            facts.push(("Period", written::period(period)));
        }
        facts.push(("As of", written::day_short(pin.day)));
        facts.push(("Ledger entry", entry.clone()));
        let gutters = FACTS_GUTTER_PT * (facts.len() - 1) as f64;
        let shares = &FACT_SHARES[..facts.len()];
        let share_pt = (width - gutters) / shares.iter().sum::<f64>();
        let facts_widths_pt: Vec<f64> = shares.iter().map(|share| share * share_pt).collect();
        let facts = facts
            .into_iter()
            .zip(&facts_widths_pt)
            .map(|((label, text), width)| [label.to_owned(), self.fitted(&text, FACT_PT, *width)])
            .collect();
        let hash = pin
            .hash
            .as_ref()
            .map_or(String::new(), |hash| format!(" ({hash})"));
        let colophon = format!(
            "This document shows the ledger of {} as of {day}, up to entry {entry}{hash}. Made again at this entry, it is the same.",
            document.prepared_by
        );
        let colophon = self.line(&colophon, 2 * LINE_CHARS_MAX);
        let colophon = self.ruler.broken(&colophon, width / FACT_PT);
        let mut title = self.fitted(&document.title, TITLE_PT, width);
        if title.trim().is_empty() {
            title = UNTITLED.to_owned();
        }
        let subtitle = document.subtitle.as_ref();
        let subtitle = subtitle.map(|subtitle| self.fitted(subtitle, TITLE_PT, width));
        let mut notes: Vec<String> = Vec::with_capacity(document.notes.len() + 1);
        for note in &document.notes {
            let note = self.line(note, PARAGRAPH_CHARS_MAX);
            // The note's number stands before it.
            notes.push(self.ruler.broken(&note, width / TEXT_PT - 4.0));
        }
        if self.replaced {
            notes.push("The sign \u{fffd} stands for a character that the fonts of this document do not have. The spreadsheet of this report has it.".to_owned());
        }
        Sheet {
            title,
            subtitle,
            prepared_by,
            prepared_for,
            facts,
            facts_widths_pt,
            pin: format!("As of {day} · ledger entry {entry}"),
            colophon,
            date: [
                pin.day.year(),
                pin.day.month().cast_signed(),
                pin.day.day().cast_signed(),
            ],
            paper: match self.paper {
                Paper::A4 => "a4",
                Paper::Letter => "us-letter",
            },
            sideways: self.sideways,
            blocks,
            notes_level: self.level(Level::Subsection),
            notes,
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
