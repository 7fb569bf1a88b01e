use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::RowError;

/// What became of a file.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Licenses that were not there.
    pub(crate) new: u64,
    /// Licenses of which something was different.
    pub(crate) changed: u64,
    /// Licenses of which nothing was.
    pub(crate) unchanged: u64,
    /// Companies that were added.
    pub(crate) companies: u64,
    /// Rows that did not land, in the file's order.
    pub(crate) failed: Vec<RowError>,
    /// What the user should know about the file.
    pub(crate) warnings: Vec<String>,
    /// Why it was broken off, if it was.
    pub(crate) stopped: Option<String>,
    /// Rows of which nothing became, since it was broken off.
    pub(crate) left: u64,
}

impl Report {
    /// Rows that landed or were refused.
    pub(crate) fn rows(&self) -> u64 {
        self.new + self.changed + self.unchanged + self.failed.len() as u64
    }

    /// Whether every row landed.
    pub(crate) fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.stopped.is_none()
    }

    /// Writes it for people: first what is to be done, last the sum.
    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        for warning in &self.warnings {
            writeln!(out, "note: {warning}")?;
        }
        for error in &self.failed {
            writeln!(out, "{error}")?;
        }
        if let Some(why) = &self.stopped {
            writeln!(
                out,
                "broken off with {} rows left: {why}. Import the file again: what has landed stays as it is.",
                self.left
            )?;
        }
        let (new, changed, unchanged) = (self.new, self.changed, self.unchanged);
        let failed = self.failed.len();
        write!(
            out,
            "{new} new, {changed} changed, {unchanged} unchanged, {failed} failed"
        )?;
        match self.companies {
            0 => writeln!(out),
            companies => writeln!(out, "; {companies} companies added"),
        }
    }

    /// Writes the failures as a CSV file beside the imported one, a line for each thing that is wrong. It
    /// repeats no cell, so no secret either.
    pub(crate) fn write_failures(&self, imported: &Path) -> Result<PathBuf, csv::Error> {
        let path = imported.with_extension("failed.csv");
        let mut writer = csv::Writer::from_path(&path)?;
        writer.write_record(["line", "column", "message"])?;
        for row in &self.failed {
            for error in &row.errors {
                let (field, message) = (query::defang(&error.field), query::defang(&error.message));
                writer.write_record([&row.line.to_string(), &*field, &*message])?;
            }
        }
        writer.flush()?;
        Ok(path)
    }
}

impl std::fmt::Display for RowError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}:", self.line)?;
        for (at, error) in self.errors.iter().enumerate() {
            let comma = if at == 0 { "" } else { ";" };
            let space = if error.field.is_empty() { "" } else { " " };
            write!(f, "{comma}{space}{} {}", error.field, error.message)?;
        }
        Ok(())
    }
}
