use bytes::{Bytes, BytesMut};
use tokio_postgres::types::ToSql;

use super::{
    Cells, Remembered, Row, Table, Unfit,
    encoding::{Format, RowArray},
    remembered::Differs,
};

/// Takes the rows of a model's rooms, and encodes them for the driver that will write them.
pub(crate) struct Sink {
    format: Format,
    /// A handful of tables: looked through from the first.
    pending: Vec<Pending>,
    remembered: Option<Remembered>,
}

/// What is to be written to one table.
pub(crate) struct Pending {
    pub(crate) table: &'static Table,
    rows: BytesMut,
    row_count: usize,
    subjects: BytesMut,
    subject_count: usize,
    replaces: bool,
}

impl Sink {
    /// For `COPY … binary`: a table that is still empty is only added to.
    pub(crate) fn copy() -> Self {
        Self {
            format: Format::Copy,
            pending: Vec::new(),
            remembered: None,
        }
    }

    /// For statements that replace the rows of subjects; with what was written last, only where they differ.
    pub(crate) fn arrays(remembered: Option<Remembered>) -> Self {
        Self {
            format: Format::Array,
            pending: Vec::new(),
            remembered,
        }
    }

    /// What was written last, these rows included.
    pub(crate) fn into_remembered(self) -> Option<Remembered> {
        self.remembered
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
        if self.format == Format::Copy {
            return rows.iter().try_for_each(|row| self.append(row));
        }
        let table = R::TABLE;
        let mut named = BytesMut::new();
        Cells::write(table, Format::Array, &mut named, |cells| {
            subject
                .iter()
                .take(table.subject)
                .try_for_each(|key| cells.put(*key))
        })?;
        let mut encoded = BytesMut::new();
        let mut spans = Vec::with_capacity(rows.len());
        for row in rows {
            let start = encoded.len();
            let key_end =
                Cells::write(table, Format::Array, &mut encoded, |cells| row.write(cells))?;
            spans.push((start, key_end, encoded.len()));
        }
        let differs = self.remembered.as_mut().map_or(Differs::All, |remembered| {
            // The length of the row stands before its key.
            let part = |&(start, key_end, end): &(usize, usize, usize)| {
                (&encoded[start + 4..key_end], &encoded[start + 4..end])
            };
            let parts: Vec<_> = spans.iter().map(part).collect();
            remembered.write(table, &named, &parts)
        });
        let pending = self.pending(table);
        pending.replaces = true;
        match differs {
            Differs::All => {
                pending.subjects.extend_from_slice(&named);
                pending.subject_count += 1;
                pending.rows.extend_from_slice(&encoded);
                pending.row_count += rows.len();
            }
            Differs::At(places) => {
                for &(start, _, end) in places.iter().filter_map(|&at| spans.get(at)) {
                    pending.rows.extend_from_slice(&encoded[start..end]);
                    pending.row_count += 1;
                }
            }
        }
        Ok(())
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
                replaces: false,
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

    pub(crate) fn is_empty(&self) -> bool {
        self.row_count == 0 && self.subject_count == 0
    }

    pub(crate) fn replaces(&self) -> bool {
        self.replaces
    }

    pub(crate) fn into_copy(self) -> Bytes {
        self.rows.freeze()
    }
}
