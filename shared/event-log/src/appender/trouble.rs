//! What an error of the database means for what was asked of it.

use std::sync::Arc;

use tokio::time::{Duration, timeout};

/// An error of the database or none, if there was only silence.
pub(super) type Cause = Option<Arc<tokio_postgres::Error>>;

/// Why a statement did not do what it should.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The connection is lost, and with it the answer.
    Gone(Cause),
    /// It did nothing, and may do better soon: a lock, a time limit, a full disk.
    Passing(Cause),
    /// It did nothing: a unique key was taken.
    Taken(Cause),
    /// It did nothing, and would not if it were sent again.
    Refused(Cause),
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Self {
        let code = error.code().map(|state| state.code().to_owned());
        let cause = Some(Arc::new(error));
        match code.as_deref() {
            // 25006: the server takes no writes, so it is not the primary, or no longer.
            None | Some("25P03" | "25006") => Self::Gone(cause),
            Some("23505") => Self::Taken(cause),
            Some(code) => match &code[..2] {
                "08" => Self::Gone(cause),
                "57" if code != "57014" => Self::Gone(cause),
                "40" | "53" | "55" | "57" | "58" => Self::Passing(cause),
                _ => Self::Refused(cause),
            },
        }
    }
}

/// Waits for the database, but not for ever.
pub(super) async fn bounded<T>(
    wait: Duration,
    statement: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Trouble> {
    match timeout(wait, statement).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(Trouble::Gone(None)),
    }
}
