use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::{Column, Table, Unfit};

/// How a row is framed: for `COPY … binary`, or as an element of an array of the table's row type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Copy,
    Array,
}

/// The cells of one row, in the order of the table's columns.
pub(crate) struct Cells<'a> {
    table: &'static Table,
    columns: std::slice::Iter<'static, Column>,
    format: Format,
    out: &'a mut BytesMut,
    /// Where the key ends in `out`, once it is written.
    key_end: usize,
}

impl<'a> Cells<'a> {
    /// Writes one row: what `fill` puts, then null in the columns that it left. Answers where its key ends.
    pub(super) fn write(
        table: &'static Table,
        format: Format,
        out: &'a mut BytesMut,
        fill: impl FnOnce(&mut Cells<'_>) -> Result<(), Unfit>,
    ) -> Result<usize, Unfit> {
        let start = out.len();
        // Tables have some ten columns.
        match format {
            Format::Copy => out.put_i16(i16::try_from(table.columns.len()).unwrap_or(i16::MAX)),
            Format::Array => {
                out.put_i32(0); // the element's length, known in the end
                out.put_i32(i32::try_from(table.columns.len()).unwrap_or(i32::MAX));
            }
        }
        let mut cells = Self {
            table,
            columns: table.columns.iter(),
            format,
            out,
            key_end: start,
        };
        let filled = fill(&mut cells).and_then(|()| cells.fill_up());
        if let Err(error) = filled {
            cells.out.truncate(start);
            return Err(error);
        }
        if format == Format::Array {
            set_length(cells.out, start);
        }
        Ok(cells.key_end)
    }

    /// The next column's value.
    pub(crate) fn put(&mut self, value: &(dyn ToSql + Sync)) -> Result<(), Unfit> {
        let Some(column) = self.columns.next() else {
            return Ok(());
        };
        if self.format == Format::Array {
            self.out.put_u32(column.sql_type.oid());
        }
        let start = self.out.len();
        self.out.put_i32(-1); // the length of null
        let unfit = |source| Unfit {
            table: self.table.name,
            column: column.name,
            source,
        };
        if let IsNull::No = value
            .to_sql_checked(&column.sql_type, self.out)
            .map_err(unfit)?
        {
            set_length(self.out, start);
        }
        if self.columns.len() == self.table.columns.len() - self.table.key {
            self.key_end = self.out.len();
        }
        Ok(())
    }

    fn fill_up(&mut self) -> Result<(), Unfit> {
        while !self.columns.as_slice().is_empty() {
            self.put(&Null)?;
        }
        Ok(())
    }
}

/// Sets the length that stands at `start` to that of all that follows it. Rows are bounded by the envelope.
fn set_length(out: &mut BytesMut, start: usize) {
    let length = i32::try_from(out.len() - start - 4).unwrap_or(i32::MAX);
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

/// The null of any type.
#[derive(Debug)]
struct Null;

impl ToSql for Null {
    fn to_sql(
        &self,
        _: &Type,
        _: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        Ok(IsNull::Yes)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// JSON that is text already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JsonText(pub(crate) String);

impl ToSql for JsonText {
    fn to_sql(
        &self,
        sql_type: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        if *sql_type == Type::JSONB {
            out.put_u8(1); // the version of the binary form
        }
        out.put_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(sql_type: &Type) -> bool {
        *sql_type == Type::JSON || *sql_type == Type::JSONB
    }

    to_sql_checked!();
}

/// Rows as one parameter: an array of the table's row type.
#[derive(Debug)]
pub(crate) struct RowArray<'a> {
    pub(super) count: usize,
    pub(super) rows: &'a [u8],
}

impl ToSql for RowArray<'_> {
    fn to_sql(
        &self,
        sql_type: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let tokio_postgres::types::Kind::Array(row_type) = sql_type.kind() else {
            return Err("rows go into an array".into());
        };
        out.put_i32(i32::from(self.count > 0)); // dimensions
        out.put_i32(0); // no element is null
        out.put_u32(row_type.oid());
        if self.count > 0 {
            out.put_i32(i32::try_from(self.count)?);
            out.put_i32(1); // the first element's number
            out.put_slice(self.rows);
        }
        Ok(IsNull::No)
    }

    fn accepts(sql_type: &Type) -> bool {
        matches!(sql_type.kind(), tokio_postgres::types::Kind::Array(_))
    }

    to_sql_checked!();
}
