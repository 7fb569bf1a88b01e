//! One job from where it stands to its end.

use std::time::Duration;

use domain::{
    Subject,
    access::{Actor, Principal},
    ids::{TenantId, TokenId},
    tenant::Token,
};
use tokio_util::sync::CancellationToken;

use super::{
    BATCH_ROWS,
    content::records,
    file_key::{FileKey, KeyError},
    job::Job,
    store::{Held, Jobs, StoreError},
};
use crate::{
    imports::{
        Catalog, CatalogError, FileError, Landing, Ledger, Plan, Reason, Rehearsal, Row, RowError,
        Through,
    },
    state::State,
};

/// Waits before a batch is tried again that could not land: some two minutes in all. Then the job goes back to the
/// others.
const WAITS: [Duration; 6] = [
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(8),
    Duration::from_secs(30),
    Duration::from_secs(30),
    Duration::from_secs(30),
];

/// How work on a job ended.
#[derive(Debug)]
pub(super) enum Ended {
    Done,
    Cancelled,
    Failed(String),
    /// Nothing lands now.
    Away(String),
    /// The service stops.
    Stopped,
    /// Somebody else holds the job.
    Lost,
}

/// Why work on a job can't go on now.
#[derive(Debug, thiserror::Error)]
pub(super) enum WorkError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("a row of a file can't be read")]
    Record(#[source] serde_json::Error),
    #[error("a file's columns do not fit any more")]
    File(#[from] FileError),
    #[error("the vault can't be reached")]
    Vault(#[from] vault::VaultError),
}

/// What a worker needs.
pub(super) struct Worker<'a> {
    pub(super) state: &'a State,
    pub(super) jobs: &'a Jobs,
    pub(super) catalog: &'a Catalog,
    pub(super) stop: &'a CancellationToken,
}

impl Worker<'_> {
    /// Works on a job until it ends or has to wait.
    pub(super) async fn work(&self, held: &Held) -> Result<Ended, WorkError> {
        let Some(job) = self.jobs.find(held.tenant, held.job).await? else {
            return Ok(Ended::Lost);
        };
        if job.cancelling {
            return Ok(Ended::Cancelled);
        }
        let Some(principal) = self.principal(held.tenant, TokenId(job.token_id)).await? else {
            return Ok(Ended::Failed(
                "the token that asked for it was revoked".to_owned(),
            ));
        };
        let key = match &job.file_key {
            Some(wrapped) => {
                let vault = self.state.vault().vault()?;
                Some(FileKey::unwrap(&vault, held.tenant, held.job, wrapped).await?)
            }
            None => None,
        };
        let settings = &job.settings;
        let reason = settings.reason.clone();
        if settings.understood.dry_run {
            self.jobs.begin_anew(held).await?;
            let ledger = Rehearsal::new(
                self.state.clone(),
                self.catalog.clone(),
                principal.clone(),
                job.started_at.unwrap_or(job.created_at),
                held.job,
            );
            self.land(held, &job, 0, key, &principal, ledger).await
        } else {
            let ledger = Through::new(
                self.state.clone(),
                self.catalog.clone(),
                principal.clone(),
                reason,
                held.job,
            );
            self.land(held, &job, job.rows.done, key, &principal, ledger)
                .await
        }
    }

    /// Lands the rows after the first `done`. All of them are planned, since equal ones are told apart by their
    /// count.
    async fn land<L: Ledger>(
        &self,
        held: &Held,
        job: &Job,
        mut done: i32,
        key: Option<FileKey>,
        principal: &Principal,
        ledger: L,
    ) -> Result<Ended, WorkError> {
        let settings = &job.settings;
        let type_id = settings.understood.asset_type_id;
        let asset_type = match self.catalog.subject(held.tenant, type_id).await? {
            (Subject::AssetType(known), _) if !known.archived => known,
            _ => return Ok(Ended::Failed("the asset type was archived".to_owned())),
        };
        let companies = self.catalog.companies(principal).await?;
        let mut plan = Plan::new(
            &settings.names,
            &settings.understood.mapping,
            &asset_type,
            &companies,
            settings.options.clone(),
        )?;
        let mut landing = Landing::new(ledger);
        let (mut seen, mut batch) = (0, Vec::with_capacity(BATCH_ROWS));
        for number in 0.. {
            let Some(mut chunk) = self.jobs.chunk(held, number).await? else {
                break;
            };
            if let Some(key) = &key {
                key.open(number, &mut chunk)?;
            }
            for record in records(chunk)? {
                let row = plan.row(&record);
                seen += 1;
                if seen <= done {
                    continue;
                }
                batch.push(row);
                if batch.len() == BATCH_ROWS {
                    let rows = std::mem::take(&mut batch);
                    if let Some(ended) = self.batch(held, &mut landing, &mut done, rows).await? {
                        return Ok(ended);
                    }
                }
            }
        }
        if !batch.is_empty()
            && let Some(ended) = self.batch(held, &mut landing, &mut done, batch).await?
        {
            return Ok(ended);
        }
        Ok(Ended::Done)
    }

    /// Lands a batch and notes it. Answers how the job ended, if it did.
    async fn batch<L: Ledger>(
        &self,
        held: &Held,
        landing: &mut Landing<L>,
        done: &mut i32,
        rows: Vec<Result<Row, RowError>>,
    ) -> Result<Option<Ended>, WorkError> {
        let count = rows.len();
        let mut waits = WAITS.into_iter();
        let batch = loop {
            let batch = landing.land(rows.clone()).await;
            match batch.stopped {
                None => break batch,
                Some(Reason::Ended(why)) => return Ok(Some(Ended::Failed(why))),
                Some(Reason::Unavailable(why)) => {
                    let Some(wait) = waits.next() else {
                        return Ok(Some(Ended::Away(why)));
                    };
                    self.jobs.renew(held).await?;
                    let slept = self.stop.run_until_cancelled(tokio::time::sleep(wait));
                    if slept.await.is_none() {
                        return Ok(Some(Ended::Stopped));
                    }
                }
                Some(Reason::Refused(_)) => break batch,
            }
        };
        let cancelling = self.jobs.checkpoint(held, *done, count, &batch).await?;
        *done += i32::try_from(count).unwrap_or(i32::MAX);
        Ok(match cancelling {
            None => Some(Ended::Lost),
            Some(true) => Some(Ended::Cancelled),
            Some(false) if self.stop.is_cancelled() => Some(Ended::Stopped),
            Some(false) => None,
        })
    }

    /// Whoever holds the token; none if it was revoked.
    async fn principal(
        &self,
        tenant: TenantId,
        token: TokenId,
    ) -> Result<Option<Principal>, WorkError> {
        let (subject, _) = self.catalog.subject(tenant, token.0).await?;
        Ok(match subject {
            Subject::Token(known) if !known.revoked => of_token(tenant, known),
            _ => None,
        })
    }
}

fn of_token(tenant: TenantId, token: Token) -> Option<Principal> {
    let actor = match (token.person, token.integration) {
        (Some(person), _) => Actor::Person(person),
        (None, Some(name)) => Actor::Integration(name),
        (None, None) => return None,
    };
    Some(Principal {
        tenant,
        token: token.id,
        actor,
        companies: token.companies,
        may_reveal: token.may_reveal,
        may_administer: token.administer,
    })
}
