//! A list: a page of it as JSON, or all of it as an export.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use web::{
    headers::Entry,
    paging::{Cursor, Filters, Limit, Page},
    problem::{Kind, Problem},
};

use crate::{
    export::{self, Cell, Lines, Ndjson},
    parameters::Format,
};

/// What one question of a list answered.
pub(crate) struct Fetched<T> {
    pub(crate) items: Vec<T>,
    pub(crate) entry: Entry,
}

/// The page that a cursor points to. `fetch` gets the keys that it goes on after and how many rows to ask for;
/// `keys` tells those of a row.
pub(crate) async fn page<T, K>(
    filters: Filters,
    cursor: Option<&Cursor>,
    limit: Limit,
    fetch: impl AsyncFnOnce(Option<K>, i64) -> Result<Fetched<T>, Problem>,
    keys: impl FnOnce(&T) -> K,
) -> Result<(Page<T>, Entry), Problem>
where
    K: Serialize + DeserializeOwned,
{
    let after = cursor.map(|cursor| cursor.keys(filters)).transpose()?;
    let Fetched { items, entry } = fetch(after, limit.and_one()).await?;
    Ok((Page::of(items, limit, filters, keys), entry))
}

/// The same as an answer.
pub(crate) fn answer<T: Serialize>((page, entry): (Page<T>, Entry)) -> Response {
    (entry, Json(page)).into_response()
}

/// How a list was asked for.
pub(crate) struct Listed<'a> {
    /// The route, which also names the file of an export.
    pub(crate) name: &'static str,
    /// What selects its rows.
    pub(crate) selection: Filters,
    pub(crate) format: Format,
    pub(crate) cursor: Option<&'a Cursor>,
    pub(crate) limit: Limit,
}

/// A list in whichever format was asked for. `lines` tells its columns as CSV.
pub(crate) async fn listed<T, K, F, Fut, C>(
    list: Listed<'_>,
    fetch: F,
    keys: impl Fn(&T) -> K + Send + 'static,
    lines: Lines<C>,
) -> Result<Response, Problem>
where
    T: Serialize + Send + 'static,
    K: Serialize + DeserializeOwned + Send + 'static,
    F: Fn(Option<K>, i64) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Fetched<T>, Problem>> + Send,
    C: for<'a> Fn(&'a T, &mut Vec<Cell<'a>>) + Send + 'static,
{
    if list.format != Format::Json && list.cursor.is_some() {
        let message = "an export has all rows: leave the cursor out";
        return Err(Problem::new(Kind::BadQuery).with_error("cursor", message));
    }
    match list.format {
        Format::Json => {
            let fetched = page(
                list.selection,
                list.cursor,
                list.limit,
                async |after, limit| fetch(after, limit).await,
                keys,
            );
            fetched.await.map(answer)
        }
        Format::Csv => export::all(list.name, lines, fetch, keys).await,
        Format::Xlsx => export::workbook(list.name, lines, fetch, keys).await,
        Format::Ndjson => export::all(list.name, Ndjson, fetch, keys).await,
    }
}
