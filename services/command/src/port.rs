//! The write side as the services reach it that find or do something by themselves.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use contract::{Commands, NotDone};
use domain::{Command, FieldError, Refusal, access::Principal, ids::TenantId};
use event_log::{Outcome, SubmitError};

use crate::state::{Context, State};

#[async_trait]
impl Commands for State {
    async fn submit(&self, tenant: TenantId, command: Command) -> Result<i64, NotDone> {
        let context = Context::of(Principal::system(tenant));
        match State::submit(self, context, command).await {
            Ok(Outcome::Decided {
                answer: Ok(_),
                written,
            }) => Ok(written.entry),
            Ok(Outcome::Decided {
                answer: Err(refusal),
                ..
            }) => Err(NotDone::Refused(refusal)),
            // It carries no key, so nothing is replayed.
            Ok(Outcome::Replayed { .. }) => {
                Err(NotDone::Later("answered from a receipt".to_owned()))
            }
            Err(error) => Err(not_done(&error)),
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock_now()
    }
}

/// What can't ever be recorded is refused, or whoever repeats it would do so for ever.
fn not_done(error: &SubmitError) -> NotDone {
    let message = error.to_string();
    match error {
        SubmitError::TooLarge { .. } | SubmitError::Misdecided(_) | SubmitError::Rejected(_) => {
            NotDone::Refused(Refusal::Invalid(vec![FieldError {
                field: "command".to_owned(),
                message,
            }]))
        }
        SubmitError::Busy
        | SubmitError::KeyReused
        | SubmitError::Undecodable(_)
        | SubmitError::Unavailable(_)
        | SubmitError::Unknown
        | SubmitError::Stopped => NotDone::Later(message),
    }
}
