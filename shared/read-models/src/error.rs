use deadpool_postgres::PoolError;
use event_log::ReadError;
use tokio_postgres::error::SqlState;

use crate::{Model, entry::Unreadable, rows::Unfit};

/// Why read models could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection could be had.
    #[error("no connection to the database of {database}")]
    Connect {
        /// Whose: the log's or the read models'.
        database: &'static str,
        /// Why.
        #[source]
        source: PoolError,
    },
    /// A statement failed.
    #[error("cannot {doing}")]
    Statement {
        /// What it was for.
        doing: &'static str,
        /// What the database said.
        #[source]
        source: tokio_postgres::Error,
    },
    /// The log could not be read.
    #[error("cannot read the log")]
    Log(#[from] ReadError),
    /// An event is of a type or version that this release does not know, or damaged.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// A row does not fit its table.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// Somebody else has written the model or built it anew: open it again and go on from there.
    #[error("{model} was moved on by somebody else")]
    Moved {
        /// Which model.
        model: Model,
    },
    /// Another rebuild is under way.
    #[error("read models are being rebuilt by somebody else")]
    Busy,
    /// The work was given up with its process or its connection.
    #[error("a part of the rebuild was given up: {part}")]
    GivenUp {
        /// Which part.
        part: &'static str,
    },
}

impl Error {
    /// Whether it is trouble that will pass: connections, conflicts, resources, restarts. The same work can be
    /// tried again, and nobody is to blame.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Busy => true,
            Self::Statement { source, .. } | Self::Log(ReadError::Query(source)) => passes(source),
            Self::Log(ReadError::Connect(_)) => true,
            Self::Unreadable(_) | Self::Unfit(_) | Self::Moved { .. } | Self::GivenUp { .. } => {
                false
            }
        }
    }

    /// Whether the events themselves are the cause.
    pub(crate) fn is_poison(&self) -> bool {
        match self {
            Self::Unreadable(_) | Self::Unfit(_) => true,
            Self::Statement { source, .. } => !passes(source),
            _ => false,
        }
    }

    /// The whole chain of causes in one line, for people.
    pub(crate) fn told(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        text
    }
}

/// Classes of SQLSTATE: connection, rollback, resources, not in the right state, operator, system. An error
/// without one is the connection's.
const PASSING: [&str; 6] = ["08", "40", "53", "55", "57", "58"];

fn passes(error: &tokio_postgres::Error) -> bool {
    error
        .code()
        .map(SqlState::code)
        .is_none_or(|code| PASSING.iter().any(|class| code.starts_with(class)))
}

/// Says what a statement was for.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, Error>;
}

impl<T> Doing<T> for Result<T, tokio_postgres::Error> {
    fn doing(self, doing: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::Statement { doing, source })
    }
}
