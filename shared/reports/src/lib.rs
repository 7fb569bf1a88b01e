//! Documents that are handed to people.
//!
//! A [`Document`] says what is to be read: titles, key figures, tables, notes, and the entry of the ledger at which
//! all of it stands. [`render_pdf`] prints it, [`render_xlsx`] writes it as a workbook. Both know no license and no
//! alert, ask no clock and no random number: the same document gives the same bytes, today and on any machine.
//!
//! Rendering is work for a processor, from tens of milliseconds to some seconds, and holds the whole document: call it
//! where blocking is allowed, and only a few at a time.

mod document;
mod error;
mod pdf;
mod plain;
mod shape;
mod written;
mod xlsx;

pub use document::{
    Align, Block, Column, Document, KeyFigure, Kind, Level, Paper, Period, Pin, Table, Value,
};
pub use error::{Complaints, Limit, ReportError};
pub use pdf::{CELLS_IN_ALL_MAX, ROWS_PER_TABLE_MAX, render_pdf};
pub use xlsx::render_xlsx;
