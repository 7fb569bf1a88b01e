//! What all handlers share, and the one way from a command to its answer.

use std::sync::Arc;

use axum::extract::FromRef;
use chrono::{DateTime, Utc};
use contract::Metadata;
use domain::{Command, Order, Refusal, access::Principal, command::SecretsOf, ids::AssetId};
use event_log::{Clock, Idempotency, Outcome, Reader, Request, SubmitError};
use uuid::Uuid;
use vault::SecretStore;
use web::{access::Authenticator, problem::Problem};

use crate::{
    answer::Done,
    decider::{Answered, Writer},
    errors::{not_submitted, refused},
    imports::Catalog,
    jobs::Jobs,
    sealing::Sealed,
    sweeping::Sweeper,
    vault_door::VaultDoor,
};

/// What all handlers share. Cheap to clone.
#[derive(Clone)]
pub struct State {
    shared: Arc<Shared>,
    sweeper: Option<Arc<Sweeper>>,
    imports: Option<Arc<(Jobs, Catalog)>>,
    clock: Clock,
}

struct Shared {
    writer: Writer,
    authenticator: Authenticator,
    secrets: SecretStore,
    vault: VaultDoor,
    receipt_key: [u8; 32],
}

/// Who gives a command, why, and on what conditions.
#[derive(Debug, Clone)]
pub struct Context {
    /// Who.
    pub principal: Principal,
    /// The version that they decided on, if they say so.
    pub if_match: Option<i32>,
    /// Why, in their own words.
    pub reason: Option<String>,
    /// The request's id.
    pub request: Option<String>,
    /// The W3C trace context.
    pub trace: Option<String>,
    /// What makes a repetition recognizable.
    pub idempotency: Option<Idempotency>,
}

impl Context {
    /// A command without conditions, for commands that come in another way than by HTTP.
    #[must_use]
    pub fn of(principal: Principal) -> Self {
        Self {
            principal,
            if_match: None,
            reason: None,
            request: None,
            trace: None,
            idempotency: None,
        }
    }

    pub(crate) fn metadata(&self) -> String {
        Metadata {
            reason: self.reason.clone(),
            request: self.request.clone(),
            trace: self.trace.clone(),
            ..Metadata::of((&self.principal).into())
        }
        .encode()
    }
}

/// What became of an order.
pub(crate) type Submitted = Result<Outcome<Answered, Refusal>, SubmitError>;

impl State {
    /// `receipt_key` keys the hashes by which repeated requests are recognized: it has to be the same for all
    /// services on one log, and to stay the same for the 24 hours that receipts are kept.
    #[must_use]
    pub fn new(
        writer: Writer,
        authenticator: Authenticator,
        secrets: SecretStore,
        vault: VaultDoor,
        receipt_key: [u8; 32],
    ) -> Self {
        let shared = Arc::new(Shared {
            writer,
            authenticator,
            secrets,
            vault,
            receipt_key,
        });
        Self {
            shared,
            sweeper: None,
            imports: None,
            clock: Arc::new(Utc::now),
        }
    }

    /// Tells the services that reach the write side this time: the writer's clock, where that is not the machine's.
    #[must_use]
    pub fn timed_by(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Also deletes, an hour later, sealed values that were left without an event. `log` sees the whole log.
    #[must_use]
    pub fn sweeping(self, log: Reader) -> Self {
        Self {
            sweeper: Some(Arc::new(Sweeper::new(log))),
            ..self
        }
    }

    /// Also takes in files, for [`run_jobs`](crate::run_jobs) to work off.
    #[must_use]
    pub fn importing(self, catalog: Catalog) -> Self {
        let jobs = Jobs::new(catalog.pool().clone());
        Self {
            imports: Some(Arc::new((jobs, catalog))),
            ..self
        }
    }

    pub(crate) fn imports(&self) -> Option<(&Jobs, &Catalog)> {
        let (jobs, catalog) = self.imports.as_deref()?;
        Some((jobs, catalog))
    }

    /// Carries a command out, whatever way it came in. Values of password fields are sealed in the vault before
    /// the command is queued.
    ///
    /// # Errors
    /// The problem that the client is to be answered.
    pub async fn execute(&self, context: Context, mut command: Command) -> Result<Done, Problem> {
        let sealed = self.seal(&context.principal, &mut command).await?;
        self.execute_sealed(context, command, sealed).await
    }

    /// Carries out a command for which values were sealed already; if it comes to nothing they are forgotten.
    pub(crate) async fn execute_sealed(
        &self,
        context: Context,
        command: Command,
        sealed: Sealed,
    ) -> Result<Done, Problem> {
        let tenant = context.principal.tenant.0;
        let repeatable = context
            .idempotency
            .is_some()
            .then(|| context.principal.clone());
        let submitted = self.submit(context, command).await;
        if !may_hold_the_secrets(&submitted) {
            self.forget(&sealed).await;
        }
        if let Some(sweeper) = &self.sweeper {
            sweeper.sweep_if_due(self.secrets(), tenant);
        }
        match submitted {
            Ok(Outcome::Decided {
                answer: Ok(answered),
                written,
            }) => Ok(sealed.tell(Done::of(&answered, written.entry), false)),
            Ok(Outcome::Decided {
                answer: Err(refusal),
                ..
            }) => Err(refused(sealed.explain(refusal))),
            Ok(Outcome::Replayed { status, body }) => {
                if let Some(principal) = repeatable {
                    self.check_token(principal).await?;
                }
                let done = Done::again(status, body).map_err(|error| Problem::internal(&error))?;
                Ok(sealed.tell(done, true))
            }
            Err(error) => Err(not_submitted(&error)),
        }
    }

    /// A new id, in the order of time.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }

    /// Whether the ledger still knows the token as good. Every decision looks; a replayed answer is none.
    pub(crate) async fn check_token(&self, principal: Principal) -> Result<(), Problem> {
        let of = SecretsOf::Asset {
            id: AssetId(Uuid::nil()),
        };
        match self
            .submit(Context::of(principal), Command::FindSecrets { of })
            .await
        {
            Ok(Outcome::Decided {
                answer: Err(Refusal::Unauthorized),
                ..
            }) => Err(refused(Refusal::Unauthorized)),
            Ok(_) => Ok(()),
            Err(error) => Err(not_submitted(&error)),
        }
    }

    pub(crate) async fn submit(&self, context: Context, command: Command) -> Submitted {
        let metadata = context.metadata();
        let Context {
            principal,
            if_match,
            idempotency,
            ..
        } = context;
        let tenant = principal.tenant.0;
        let order = Order {
            principal,
            if_match,
            command,
        };
        self.shared
            .writer
            .submit(Request {
                tenant,
                command: order,
                metadata,
                idempotency,
            })
            .await
    }

    pub(crate) fn clock_now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    pub(crate) fn sweeper(&self) -> Option<&Sweeper> {
        self.sweeper.as_deref()
    }

    pub(crate) fn secrets(&self) -> &SecretStore {
        &self.shared.secrets
    }

    pub(crate) fn vault(&self) -> &VaultDoor {
        &self.shared.vault
    }

    pub(crate) fn receipt_key(&self) -> &[u8; 32] {
        &self.shared.receipt_key
    }
}

/// Whether the ledger now names the secrets that were sealed for this command, or may yet.
fn may_hold_the_secrets(submitted: &Submitted) -> bool {
    matches!(
        submitted,
        Ok(Outcome::Decided { answer: Ok(_), .. }) | Err(SubmitError::Unknown)
    )
}

impl FromRef<State> for Authenticator {
    fn from_ref(state: &State) -> Self {
        state.shared.authenticator.clone()
    }
}
