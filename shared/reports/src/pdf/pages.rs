//! From a document to what the template reads.

use chrono::Datelike;

use unicode_normalization::UnicodeNormalization;

use super::columns::{self, Need};
use super::fonts::Fonts;
use super::grids::CELLS_IN_ALL_MAX;
use super::ruler::Ruler;
use super::sheet::{Figure, Grid, Part, Sheet};
use crate::document::{Block, Document, KeyFigure, Level, Paper};
use crate::plain;
use crate::written::{self, Style};

/// Names, headings and labels stand on one to three lines.
const LINE_CHARS_MAX: usize = 200;
/// The line at the head of every page holds two names, and a third at its end.
const RUNNING_CHARS_MAX: usize = 50;
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
pub(super) const TEXT_PT: f64 = 9.5;
const TITLE_PT: f64 = 22.0;
/// The facts below the title, as the template has them; the first is a name and has more room.
const FACT_PT: f64 = 9.0;
const FACTS_GUTTER_PT: f64 = 14.0;
const FACT_SHARES: [f64; 4] = [1.6, 1.2, 1.0, 1.0];

/// Decides the page and every column, and makes every text fit.
pub(super) fn laid_out(document: &Document, fonts: &'static Fonts) -> Sheet {
    let mut layout = Layout::new(document.paper, fonts);
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

/// What is decided so far.
pub(super) struct Layout {
    fonts: &'static Fonts,
    pub(super) ruler: Ruler,
    paper: Paper,
    sideways: bool,
    replaced: bool,
    in_section: bool,
    /// Cells that may still be shown.
    pub(super) cells_left: usize,
}

impl Layout {
    pub(super) fn new(paper: Paper, fonts: &'static Fonts) -> Self {
        Self {
            fonts,
            ruler: Ruler::new(fonts),
            paper,
            sideways: false,
            replaced: false,
            in_section: false,
            cells_left: CELLS_IN_ALL_MAX,
        }
    }

    /// How wide the text of a page is.
    pub(super) const fn width_pt(&self) -> f64 {
        columns::text_width_pt(self.paper, self.sideways)
    }

    /// A text of one line that can be shown.
    pub(super) fn line(&mut self, text: &str, chars_max: usize) -> String {
        self.shown(&plain::line(text, chars_max))
    }

    fn shown(&mut self, text: &str) -> String {
        // Fonts have more letters with their marks than marks that find their letters.
        let text: String = text.nfc().collect();
        let (shown, replaced) = self.fonts.showable(&text);
        self.replaced |= replaced;
        shown
    }

    /// A name, heading or label that breaks where it must to fit a width.
    pub(super) fn fitted(&mut self, text: &str, size_pt: f64, width_pt: f64) -> String {
        self.broken(text, LINE_CHARS_MAX, size_pt, width_pt)
    }

    /// A remark, which may be as long as a paragraph.
    pub(super) fn remark(&mut self, text: &str, size_pt: f64, width_pt: f64) -> String {
        self.broken(text, PARAGRAPH_CHARS_MAX, size_pt, width_pt)
    }

    fn broken(&mut self, text: &str, chars_max: usize, size_pt: f64, width_pt: f64) -> String {
        let line = self.line(text, chars_max);
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
        let colophon = self.remark(&colophon, FACT_PT, width);
        let mut title = self.fitted(&document.title, TITLE_PT, width);
        if title.trim().is_empty() {
            title = UNTITLED.to_owned();
        }
        let subtitle = document.subtitle.as_ref();
        let subtitle = subtitle.map(|subtitle| self.fitted(subtitle, TITLE_PT, width));
        let mut notes: Vec<String> = Vec::with_capacity(document.notes.len() + 1);
        for note in &document.notes {
            // The note's number stands before it.
            notes.push(self.remark(note, TEXT_PT, width - 4.0 * TEXT_PT));
        }
        if self.replaced {
            notes.push("The sign \u{fffd} stands for a character that the fonts of this document do not have. The spreadsheet of this report has it.".to_owned());
        }
        let running = [&document.title, &document.prepared_for]
            .map(|text| self.line(text, RUNNING_CHARS_MAX))
            .join(" · ");
        let running_by = self.line(&document.prepared_by, RUNNING_CHARS_MAX);
        Sheet {
            running: self.ruler.broken(&running, width / 2.0 / TEXT_PT),
            running_by: self.ruler.broken(&running_by, width / 3.0 / TEXT_PT),
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
