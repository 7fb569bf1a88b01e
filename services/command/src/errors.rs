//! The one table from what went wrong to the problem that the client is answered.

use std::time::Duration;

use domain::Refusal;
use event_log::SubmitError;
use vault::{StoreError, VaultError};
use web::problem::{Causes, Kind, Problem};

/// How long to wait when the vault has more to do than its queue holds: it works off thousands a second.
const VAULT_BUSY_WAIT: Duration = Duration::from_secs(1);

/// The domain says no.
pub(crate) fn refused(refusal: Refusal) -> Problem {
    let detail = refusal.to_string();
    match refusal {
        Refusal::Invalid(errors) => Problem::validation(errors),
        Refusal::NotFound(_) => Problem::new(Kind::NotFound).with_detail(detail),
        Refusal::Forbidden(_) => Problem::new(Kind::Forbidden).with_detail(detail),
        Refusal::Unauthorized => Problem::new(Kind::Unauthorized).with_detail(detail),
        Refusal::Conflict(_) => Problem::new(Kind::Conflict).with_detail(detail),
        Refusal::Stale { .. } => Problem::new(Kind::Stale).with_detail(detail),
        Refusal::TooManyReveals {
            retry_after_seconds,
        } => Problem::new(Kind::RevealBudget)
            .with_detail(detail)
            .with_retry_after(Duration::from_secs(retry_after_seconds.into())),
    }
}

/// The command was not decided, or nobody can tell yet whether it was.
pub(crate) fn not_submitted(error: &SubmitError) -> Problem {
    match error {
        SubmitError::Busy => Problem::new(Kind::Busy),
        SubmitError::KeyReused => Problem::new(Kind::KeyReused),
        SubmitError::TooLarge { .. } => {
            Problem::new(Kind::BodyTooLarge).with_detail(error.to_string())
        }
        SubmitError::Undecodable(_) => {
            tracing::error!(error = %Causes(error), "a command met events of a newer release");
            Problem::new(Kind::UpgradeRequired)
        }
        SubmitError::Unavailable(_) | SubmitError::Unknown | SubmitError::Stopped => {
            Problem::unavailable(error)
        }
        SubmitError::Misdecided(_) | SubmitError::Rejected(_) => Problem::internal(error),
    }
}

/// A secret could not be sealed or opened. Text that is too long is told apart before.
pub(crate) fn vault_failed(error: &VaultError) -> Problem {
    let wait = match error {
        VaultError::Unavailable { retry_after } => *retry_after,
        VaultError::Busy => VAULT_BUSY_WAIT,
        VaultError::Tampered
        | VaultError::KeyMissing { .. }
        | VaultError::TooLong { .. }
        | VaultError::Random(_) => return Problem::internal(error),
    };
    tracing::warn!(error = %Causes(error), "a secret could not be sealed or opened");
    Problem::new(Kind::VaultUnavailable).with_retry_after(wait)
}

/// A sealed secret could not be stored or fetched.
pub(crate) fn store_failed(error: &StoreError) -> Problem {
    match error {
        StoreError::Connect(_) | StoreError::Query { .. } => Problem::unavailable(error),
        StoreError::Exists(_) | StoreError::Malformed(_) => Problem::internal(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_problem() {
        let invalid = domain::FieldError {
            field: "name".to_owned(),
            message: "is empty".to_owned(),
        };
        for (refusal, kind, detail) in [
            (Refusal::Invalid(vec![invalid]), Kind::Validation, None),
            (
                Refusal::NotFound("asset"),
                Kind::NotFound,
                Some("there is no such asset"),
            ),
            (
                Refusal::Forbidden("no right".to_owned()),
                Kind::Forbidden,
                Some("no right"),
            ),
            (
                Refusal::Unauthorized,
                Kind::Unauthorized,
                Some("the token was revoked"),
            ),
            (
                Refusal::Conflict("taken".to_owned()),
                Kind::Conflict,
                Some("taken"),
            ),
            (
                Refusal::Stale { current: 3 },
                Kind::Stale,
                Some("the current version is 3"),
            ),
        ] {
            let problem = refused(refusal);
            assert_eq!((problem.kind(), problem.detail()), (kind, detail));
        }
        let budget = refused(Refusal::TooManyReveals {
            retry_after_seconds: 42,
        });
        assert_eq!(budget.kind(), Kind::RevealBudget);
    }

    #[test]
    fn a_vault_that_is_away_is_no_fault_of_the_rest() {
        let away = VaultError::Unavailable {
            retry_after: Duration::from_secs(5),
        };
        for (error, kind) in [
            (away, Kind::VaultUnavailable),
            (VaultError::Busy, Kind::VaultUnavailable),
            (VaultError::Tampered, Kind::Internal),
            (VaultError::KeyMissing { key_version: 1 }, Kind::Internal),
        ] {
            assert_eq!(vault_failed(&error).kind(), kind, "{error}");
        }
    }

    #[test]
    fn a_command_that_was_not_decided_says_whether_to_try_again() {
        for (error, kind) in [
            (SubmitError::Busy, Kind::Busy),
            (SubmitError::KeyReused, Kind::KeyReused),
            (
                SubmitError::TooLarge {
                    what: "an event",
                    size: 2,
                    limit: 1,
                },
                Kind::BodyTooLarge,
            ),
            (SubmitError::Unavailable(None), Kind::Unavailable),
            (SubmitError::Unknown, Kind::Unavailable),
            (SubmitError::Stopped, Kind::Unavailable),
            (SubmitError::Misdecided("why"), Kind::Internal),
        ] {
            assert_eq!(not_submitted(&error).kind(), kind, "{error}");
        }
    }
}
