//! Why a command is not carried out.

/// How many faults of one input are told. More help nobody, and an input of nothing but faults must not become
/// an answer many times its size.
pub(crate) const FAULTS_MAX: usize = 100;

/// One thing that is wrong with one field of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Where, as a path into the body: `values.total_seats`, `fields[3].kind`.
    pub field: String,
    /// What is wrong with which value, and how to mend it.
    pub message: String,
}

/// Why a command is not carried out. Transport-free: services choose the status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The input breaks rules; all of them are listed.
    #[error("{} field(s) of the input are not valid", .0.len())]
    Invalid(Vec<FieldError>),
    /// The thing does not exist, or is not the caller's to see: the answer must not tell which.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The caller may see the thing but not do this to it.
    #[error("{0}")]
    Forbidden(String),
    /// The caller's token was revoked.
    #[error("the token was revoked")]
    Unauthorized,
    /// Something that must be unique is taken, or the thing's state does not allow the command.
    #[error("{0}")]
    Conflict(String),
    /// The caller decided on an older version than the current one.
    #[error("the current version is {current}")]
    Stale {
        /// The version the thing has now.
        current: i32,
    },
    /// Too many reveals; recorded.
    #[error("the reveal budget is used up; try again in {retry_after_seconds} s")]
    TooManyReveals {
        /// Seconds until the next reveal may succeed.
        retry_after_seconds: u32,
    },
}

/// Collects everything that is wrong with an input, up to a hundred faults, so that it is told at once.
#[derive(Debug, Default)]
pub struct Violations(Vec<FieldError>);

impl Violations {
    /// Notes that `field` is wrong.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        if self.0.len() < FAULTS_MAX {
            self.0.push(FieldError {
                field: field.into(),
                message: message.into(),
            });
        }
    }

    /// Keeps a value, or notes why there is none.
    pub fn keep<T>(&mut self, field: &str, result: Result<T, impl std::fmt::Display>) -> Option<T> {
        result
            .map_err(|error| self.add(field, error.to_string()))
            .ok()
    }

    /// Whether nothing was wrong so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// # Errors
    /// [`Refusal::Invalid`] with all that was noted, if anything was.
    pub fn check(self) -> Result<(), Refusal> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Invalid(self.0))
        }
    }
}
