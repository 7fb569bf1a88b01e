use bytes::{Bytes, BytesMut};
use tokio_postgres::types::ToSql;

use super::{
    Cells, Row, Table, Unfit,
    encoding::{Format, RowArray},
};

/// Takes the rows of a model's rooms, and encodes them for the driver that will write them.
pub(crate) struct Sink {
    format: Format,
    /// A handful of tables: looked through from the first.
    pending: Vec<Pending>,
}

/// What is to be written to one table.
pub(crate) struct Pending {
    pub(crate) table: &'static Table,
    rows: BytesMut,
    row_count: usize,
    subjects: BytesMut,
    subject_count: usize,
}

impl Sink {
    /// For `COPY … binary`: a table that is still empty is only added to.
    pub(crate) fn copy() -> Self {
        Self {
            format: Format::Copy,
            pending: Vec::new(),
        }
    }

    /// For statements that replace the rows of subjects.
    pub(crate) fn arrays() -> Self {
        Self {
            format: Format::Array,
            pending: Vec::new(),
        }
    }

    /// One more row, whose key no other has.
    pub(crate) fn append<R: Row>(&mut self, row: &R) -> Result<(), Unfit> {
        let format = self.format;
        let pending = self.pending(R::TABLE);
        Cells::write(pending.table, format, &mut pending.rows, |cells| {
            row.write(cells)
        })?;
        pending.row_count += 1;
        Ok(())
    }

    /// These are now all rows of a subject, which is named by the table's first columns. Once for each subject.
    pub(crate) fn replace<R: Row>(
        &mut self,
        subject: &[&(dyn ToSql + Sync)],
        rows: &[R],
    ) -> Result<(), Unfit> {
        let format = self.format;
        if format == Format::Array {
            let pending = self.pending(R::TABLE);
            let table = pending.table;
            Cells::write(table, format, &mut pending.subjects, |cells| {
                subject
                    .iter()
                    .take(table.subject)
                    .try_for_each(|key| cells.put(*key))
            })?;
            pending.subject_count += 1;
        }
        rows.iter().try_for_each(|row| self.append(row))
    }

    /// Everything taken so far; the sink is empty again.
    pub(crate) fn take(&mut self) -> Vec<Pending> {
        std::mem::take(&mut self.pending)
    }

    /// What was taken so far for tables whose rows are of a size, in bytes, that `enough` says yes to.
    pub(crate) fn take_if(&mut self, enough: impl Fn(usize) -> bool) -> Vec<Pending> {
        self.pending
            .extract_if(.., |pending| enough(pending.rows.len()))
            .collect()
    }

    fn pending(&mut self, table: &'static Table) -> &mut Pending {
        let at = self
            .pending
            .iter()
            .position(|pending| std::ptr::eq(pending.table, table));
        let at = at.unwrap_or_else(|| {
            self.pending.push(Pending {
                table,
                rows: BytesMut::new(),
                row_count: 0,
                subjects: BytesMut::new(),
                subject_count: 0,
            });
            self.pending.len() - 1
        });
        &mut self.pending[at]
    }
}

impl Pending {
    pub(crate) fn rows(&self) -> RowArray<'_> {
        RowArray {
            count: self.row_count,
            rows: &self.rows,
        }
    }

    pub(crate) fn subjects(&self) -> RowArray<'_> {
        RowArray {
            count: self.subject_count,
            rows: &self.subjects,
        }
    }

    pub(crate) fn replaces(&self) -> bool {
        self.subject_count > 0
    }

    pub(crate) fn into_copy(self) -> Bytes {
        self.rows.freeze()
    }
}
