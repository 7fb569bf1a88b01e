//! From rows to what is answered.

use serde_json::value::RawValue;
use tokio_postgres::{
    Row,
    types::{FromSql, Json},
};
use web::problem::Problem;

/// Reads a column by its name. One that is missing or of another type is a mistake of ours.
pub(crate) trait Columns {
    fn read<'a, T: FromSql<'a>>(&'a self, name: &str) -> Result<T, Problem>;

    /// JSON passes through as the text that it is.
    fn json(&self, name: &str) -> Result<Box<RawValue>, Problem> {
        self.read::<Json<Box<RawValue>>>(name).map(|json| json.0)
    }
}

impl Columns for Row {
    fn read<'a, T: FromSql<'a>>(&'a self, name: &str) -> Result<T, Problem> {
        self.try_get(name)
            .map_err(|error| Problem::internal(&error))
    }
}
