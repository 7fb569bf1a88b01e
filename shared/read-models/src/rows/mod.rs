//! Rows on their way into a table: declared once, encoded for whichever driver writes them.

mod encoding;
mod remembered;
mod sink;
mod statements;

pub(crate) use encoding::{Cells, JsonText};
pub(crate) use remembered::Remembered;
pub(crate) use sink::{Pending, Sink};
pub(crate) use statements::Statements;

use tokio_postgres::types::Type;

/// A table of a read model.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// In the order of the table's own, which its row type has too.
    pub(crate) columns: &'static [Column],
    /// So many columns, from the first, say whose row it is: all rows of a subject are replaced together.
    pub(crate) subject: usize,
    /// So many columns, from the first, are the primary key.
    pub(crate) key: usize,
}

/// A column of a table.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) sql_type: Type,
}

/// A value does not fit its column: a mistake in a room, or a value that no column can hold.
#[derive(Debug, thiserror::Error)]
#[error("a value does not fit the column {column} of {table}")]
pub struct Unfit {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// Why.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// A row of a table.
pub(crate) trait Row {
    const TABLE: &'static Table;
    fn write(&self, cells: &mut Cells<'_>) -> Result<(), Unfit>;
}

/// Declares a table's row: the columns' names, Rust types and SQL types, in the table's order.
macro_rules! row {
    (
        $(#[$doc:meta])*
        $row:ident of $table:literal, subject $subject:literal, key $key:literal {
            $($column:ident: $rust:ty = $sql:ident),* $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub(crate) struct $row {
            $(pub(crate) $column: $rust),*
        }

        impl $crate::rows::Row for $row {
            const TABLE: &'static $crate::rows::Table = {
                static TABLE: $crate::rows::Table = $crate::rows::Table {
                    name: $table,
                    columns: &[$($crate::rows::Column {
                        name: stringify!($column),
                        sql_type: tokio_postgres::types::Type::$sql,
                    }),*],
                    subject: $subject,
                    key: $key,
                };
                &TABLE
            };

            fn write(&self, cells: &mut $crate::rows::Cells<'_>) -> Result<(), $crate::rows::Unfit> {
                $(cells.put(&self.$column)?;)*
                Ok(())
            }
        }
    };
}
pub(crate) use row;
