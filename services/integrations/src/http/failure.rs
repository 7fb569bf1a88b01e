//! How a call ends without an answer.

use std::error::Error;

/// A reason may quote a remote server's certificate or name: longer ones help nobody.
const REASON_LENGTH_MAX: usize = 300;

/// A call had no answer, or none of use. Never holds the URL, which may carry a token, nor anything that was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The address may not be called; nothing was sent. Says the remedy.
    #[error("{0}")]
    Refused(String),
    /// No connection came about; nothing was sent.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// It was sent, at least in part, and no whole answer came: it may have been acted upon.
    #[error("no whole answer came: {0}")]
    NoAnswer(String),
    /// The answer is longer than anybody wants to read.
    #[error("the answer is longer than {length_max} bytes")]
    TooLong {
        /// What would have been read.
        length_max: usize,
    },
}

impl Failure {
    pub(super) fn refused(why: &str) -> Self {
        Self::Refused(why.to_owned())
    }

    pub(super) fn broken_off(error: reqwest::Error) -> Self {
        Self::NoAnswer(in_full(&error.without_url()))
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if let Some(out_of_reach) =
            causes(&error).find_map(|cause| cause.downcast_ref::<OutOfReach>())
        {
            return Self::Refused(out_of_reach.0.clone());
        }
        if error.is_connect() {
            Self::Unreachable(in_full(&error))
        } else if error.is_builder() {
            Self::Refused(in_full(&error))
        } else {
            Self::NoAnswer(in_full(&error))
        }
    }
}

/// What the guard says within the client's own error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct OutOfReach(pub(super) String);

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error: &&'a (dyn Error + 'static)| {
        error.source()
    })
}

/// The innermost cause says what happened, and the outermost at which step.
fn in_full(error: &(dyn Error + 'static)) -> String {
    let mut reason = String::new();
    for cause in causes(error) {
        let said = cause.to_string();
        if reason.ends_with(&said) {
            continue;
        }
        if !reason.is_empty() {
            reason.push_str(": ");
        }
        reason.push_str(&said);
    }
    reason.chars().take(REASON_LENGTH_MAX).collect()
}
