use bus::SubscriptionError;
use contract::NotDone;
use deadpool_postgres::PoolError;
use event_log::{LeadError, ReadError};
use read_models::query::AskError;

/// Why work was cut off. All of it is begun again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// Another instance may be at work, or could not be asked about.
    #[error(transparent)]
    Lead(#[from] LeadError),
    /// Another instance has taken the work over.
    #[error("another instance has taken over")]
    Deposed,
    /// Events could not be had.
    #[error(transparent)]
    Events(#[from] SubscriptionError),
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// No connection to what the service keeps.
    #[error("no connection to the schema of alerts")]
    Connect(#[from] PoolError),
    /// A statement failed.
    #[error("cannot {operation} in the schema of alerts")]
    Own {
        /// What was asked, as a verb.
        operation: &'static str,
        /// What Postgres said.
        #[source]
        source: tokio_postgres::Error,
    },
    /// The read models could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// A row of the read models can't be read.
    #[error("a row of the read models can't be read")]
    Row(#[source] tokio_postgres::Error),
    /// The read models did not come far enough in time, or have stopped.
    #[error("the read models are at entry {at}, and {wanted} is needed")]
    Behind {
        /// Where they are.
        at: i64,
        /// What is needed.
        wanted: i64,
    },
    /// A command could not be carried out for now.
    #[error(transparent)]
    NotDone(#[from] NotDone),
}

impl Trouble {
    /// Whether it may be one account's alone, such as a stream that this release can't read: that account is put off, and
    /// holds up no other. What is everybody's shows when it is noted that it is put off.
    pub(crate) fn is_of_one_account(&self) -> bool {
        match self {
            Self::Behind { .. } | Self::Ask(_) | Self::Row(_) | Self::NotDone(_) => true,
            Self::Lead(_)
            | Self::Deposed
            | Self::Events(_)
            | Self::Log(_)
            | Self::Connect(_)
            | Self::Own { .. } => false,
        }
    }
}

/// The whole chain of causes in one line, for people.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_cannot_be_written_or_asked_holds_up_no_other() {
        let behind = Trouble::Behind { at: 1, wanted: 2 };
        let not_done = NotDone::Later("a stream can't be read by this release".to_owned());
        for (trouble, expected) in [
            (behind, true),
            (not_done.into(), true),
            (Trouble::Deposed, false),
        ] {
            assert_eq!(trouble.is_of_one_account(), expected, "{trouble}");
        }
    }
}
