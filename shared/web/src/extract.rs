//! The ways in: body, query and path, each refusing with a problem that says what is wrong where.

mod json;
mod json_check;
mod path;
mod query;

pub use json::{Json, MAX_BODY_BYTES, RawJson};
pub use json_check::MAX_JSON_DEPTH;
pub use path::Path;
pub use query::Query;
