use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use command::imports::{Batch, Reason, defang};

/// What became of a file.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// What became of its rows.
    pub(super) rows: Batch,
    /// What the user should know about the file.
    pub(super) warnings: Vec<String>,
}

impl Report {
    /// Whether every row landed.
    pub(super) fn is_complete(&self) -> bool {
        self.rows.failed.is_empty() && self.rows.stopped.is_none()
    }

    /// Writes it for people: first what is to be done, last the sum.
    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        for warning in &self.warnings {
            writeln!(out, "note: {warning}")?;
        }
        for error in &self.rows.failed {
            writeln!(out, "{error}")?;
        }
        if let Some(Reason::Unavailable(why) | Reason::Ended(why)) = &self.rows.stopped {
            writeln!(
                out,
                "broken off with {} rows left: {why}. Import the file again: what has landed stays as it is.",
                self.rows.left
            )?;
        }
        let Batch {
            new,
            changed,
            unchanged,
            companies,
            failed,
            ..
        } = &self.rows;
        let failed = failed.len();
        write!(
            out,
            "{new} new, {changed} changed, {unchanged} unchanged, {failed} failed"
        )?;
        match companies {
            0 => writeln!(out),
            companies => writeln!(out, "; {companies} companies added"),
        }
    }

    /// Writes the failures as a CSV file beside the imported one, a line for each thing that is wrong. It
    /// repeats no cell, so no secret either.
    pub(super) fn write_failures(&self, imported: &Path) -> Result<PathBuf, csv::Error> {
        let path = imported.with_extension("failed.csv");
        let mut writer = csv::Writer::from_path(&path)?;
        writer.write_record(["line", "column", "message"])?;
        for row in &self.rows.failed {
            for error in &row.errors {
                let (field, message) = (defang(&error.field), defang(&error.message));
                writer.write_record([&row.line.to_string(), &*field, &*message])?;
            }
        }
        writer.flush()?;
        Ok(path)
    }
}
