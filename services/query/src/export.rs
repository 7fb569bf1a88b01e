//! All rows of a list, a page at a time.
//!
//! A page is asked for when the one before has been sent, each in a transaction of its own, and goes on after
//! the last row. So an export of any length takes the memory of one page, and who downloads slowly holds
//! neither a connection nor a snapshot.

mod csv;
mod xlsx;

use std::io;

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http::{HeaderValue, header};
use web::problem::Problem;

pub(crate) use csv::{Cell, Lines};
pub use web::defang::{defang, refang};
pub(crate) use xlsx::workbook;

use crate::page::Fetched;

/// Rows that are held in memory at a time.
const ROWS: i64 = 1000;

/// How the rows of an export are written.
pub(crate) trait Writer<T>: Send + 'static {
    /// `Content-Type`, and how the file's name ends.
    const KIND: (&'static str, &'static str);

    /// What stands before the first row.
    fn head(&mut self) -> Vec<u8>;

    /// So many rows.
    fn rows(&mut self, items: &[T]) -> Result<Vec<u8>, Problem>;
}

/// A JSON object a line.
pub(crate) struct Ndjson;

impl<T: serde::Serialize> Writer<T> for Ndjson {
    const KIND: (&'static str, &'static str) = ("application/x-ndjson", "ndjson");

    fn head(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn rows(&mut self, items: &[T]) -> Result<Vec<u8>, Problem> {
        let mut lines = Vec::new();
        for item in items {
            serde_json::to_writer(&mut lines, item).map_err(|error| Problem::internal(&error))?;
            lines.push(b'\n');
        }
        Ok(lines)
    }
}

/// Where an export stands.
struct Place<W, F, K> {
    writer: W,
    fetch: F,
    /// None once the last page was written.
    after: Option<Option<K>>,
}

/// Answers all rows. The first page is fetched before the answer begins, so what is wrong is told as a problem;
/// later the connection breaks off, which no client takes for the end.
pub(crate) async fn all<T, K, W, F, Fut>(
    name: &str,
    mut writer: W,
    fetch: F,
    keys: impl Fn(&T) -> K + Send + 'static,
) -> Result<Response, Problem>
where
    T: Send + 'static,
    K: Send + 'static,
    W: Writer<T>,
    F: Fn(Option<K>, i64) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Fetched<T>, Problem>> + Send,
{
    let first = fetch(None, ROWS).await?;
    let entry = first.entry;
    let mut head = writer.head();
    head.extend(writer.rows(&first.items)?);
    let place = Place {
        after: next(&first.items, &keys).map(Some),
        writer,
        fetch,
    };
    let rest = stream::try_unfold((place, keys), async |(mut place, keys)| {
        let Some(after) = place.after.take() else {
            return Ok(None);
        };
        let fetched = (place.fetch)(after, ROWS)
            .await
            .map_err(|problem| broken_off(&problem))?;
        let bytes = place
            .writer
            .rows(&fetched.items)
            .map_err(|problem| broken_off(&problem))?;
        place.after = next(&fetched.items, &keys).map(Some);
        Ok::<_, io::Error>(Some((Bytes::from(bytes), (place, keys))))
    });
    let first = stream::once(std::future::ready(Ok(Bytes::from(head))));
    let body = Body::from_stream(futures_util::StreamExt::chain(first, rest));
    Ok(attachment(name, W::KIND, (entry, body)))
}

/// An answer that is saved as a file. The kind is its `Content-Type`, and how the file's name ends.
pub(crate) fn attachment(
    name: &str,
    (content_type, ending): (&'static str, &str),
    answer: impl IntoResponse,
) -> Response {
    let mut response = answer.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    let disposition = format!("attachment; filename=\"{name}.{ending}\"");
    if let Ok(disposition) = HeaderValue::try_from(disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// Where the next page begins; none if this one was the last.
fn next<T, K>(items: &[T], keys: impl Fn(&T) -> K) -> Option<K> {
    let full = i64::try_from(items.len()).is_ok_and(|rows| rows >= ROWS);
    items.last().filter(|_| full).map(keys)
}

/// The problem itself was logged where it was met, and can't be sent any more.
fn broken_off(problem: &Problem) -> io::Error {
    io::Error::other(problem.kind().slug())
}
