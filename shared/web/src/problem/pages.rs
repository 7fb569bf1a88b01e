//! The pages behind the `type` of each problem.

use axum::{Router, routing::get};

use super::{Kind, Problem};
use crate::extract::Path;

/// `GET /problems` and `GET /problems/{kind}`, in plain text: read by people who paste a `type` into
/// a browser or a terminal.
pub fn pages<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/problems", get(list))
        .route("/problems/{kind}", get(page))
}

async fn list() -> String {
    Kind::ALL
        .iter()
        .map(|kind| describe(*kind))
        .collect::<Vec<_>>()
        .join("\n")
}

async fn page(Path(slug): Path<String>) -> Result<String, Problem> {
    Kind::from_slug(&slug)
        .map(describe)
        .ok_or_else(|| Problem::new(Kind::NotFound))
}

fn describe(kind: Kind) -> String {
    let (uri, status) = (kind.uri(), kind.status().as_u16());
    format!("{uri} ({status})\n{}\n{}\n", kind.title(), kind.help())
}
