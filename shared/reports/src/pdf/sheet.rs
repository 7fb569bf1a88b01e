//! What the template reads: every text as it is printed, every width decided.

use serde::Serialize;

/// The whole document.
#[derive(Debug, Serialize)]
pub(super) struct Sheet {
    pub(super) title: String,
    pub(super) subtitle: Option<String>,
    pub(super) prepared_by: String,
    pub(super) prepared_for: String,
    /// Label and text, side by side below the title.
    pub(super) facts: Vec<[String; 2]>,
    pub(super) facts_widths_pt: Vec<f64>,
    /// What every page says at its foot.
    pub(super) pin: String,
    /// The last words of the document.
    pub(super) colophon: String,
    /// Year, month and day for the metadata.
    pub(super) date: [i32; 3],
    /// The typesetter's name of the paper.
    pub(super) paper: &'static str,
    pub(super) sideways: bool,
    pub(super) blocks: Vec<Part>,
    pub(super) notes: Vec<String>,
    pub(super) notes_level: u8,
}

/// One part.
#[derive(Debug, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(super) enum Part {
    Heading {
        level: u8,
        text: String,
    },
    Paragraph {
        lines: Vec<String>,
    },
    Figures {
        per_row: usize,
        size_pt: f64,
        figures: Vec<Figure>,
    },
    Table(Grid),
}

/// A key figure.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) detail: Option<String>,
}

/// A table.
#[derive(Debug, Serialize)]
pub(super) struct Grid {
    pub(super) caption: String,
    pub(super) size_pt: f64,
    pub(super) widths_pt: Vec<f64>,
    pub(super) align: Vec<&'static str>,
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    pub(super) totals: Vec<Vec<String>>,
    pub(super) if_empty: String,
    pub(super) notes: Vec<String>,
}
