//! The one table from what failed below to what the client is told.

use event_log::ReadError;
use read_models::query::AskError;
use tokio_postgres::error::SqlState;
use web::problem::{Kind, Problem};

pub(crate) fn of_log(error: &ReadError) -> Problem {
    match error {
        ReadError::Connect(_) => Problem::unavailable(error),
        ReadError::Query(source) => of_postgres(source, error),
    }
}

pub(crate) fn of_read_model(error: &AskError) -> Problem {
    match error {
        AskError::Connect(_) => Problem::unavailable(error),
        AskError::Query(source) => of_postgres(source, error),
    }
}

fn of_postgres(
    source: &tokio_postgres::Error,
    error: &(dyn std::error::Error + 'static),
) -> Problem {
    let Some(state) = source.code() else {
        // No answer from the database at all, or one that the driver could not read.
        return if source.is_closed() || is_io(source) {
            Problem::unavailable(error)
        } else {
            Problem::internal(error)
        };
    };
    if *state == SqlState::QUERY_CANCELED {
        tracing::warn!(%error, "a query took too long");
        return Problem::new(Kind::Timeout);
    }
    // A read model that was not built even once has no tables yet.
    if [SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME].contains(state) {
        return Problem::unavailable(error);
    }
    // Connection lost, resources short, an operator's intervention: it will pass.
    match &state.code()[..2] {
        "08" | "53" | "57" => Problem::unavailable(error),
        _ => Problem::internal(error),
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>())
}
