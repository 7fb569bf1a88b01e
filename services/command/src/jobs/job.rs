//! A job as it is kept, and as it is shown.

use chrono::{DateTime, Utc};
use domain::access::Principal;
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

use super::settings::{Settings, Understood};

/// A job as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) job_id: Uuid,
    pub(crate) token_id: Uuid,
    pub(crate) state: String,
    pub(crate) cancelling: bool,
    pub(crate) settings: Settings,
    pub(crate) rows: Rows,
    pub(crate) companies: i32,
    pub(crate) why: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) started_at: Option<DateTime<Utc>>,
    pub(crate) ended_at: Option<DateTime<Utc>>,
    pub(crate) file_key: Option<String>,
    pub(crate) request_hmac: Vec<u8>,
}

/// How far a job came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportRows)]
pub(crate) struct Rows {
    /// Rows of the file that are not blank.
    pub(crate) total: i32,
    /// Rows that landed or were rejected.
    pub(crate) done: i32,
    /// Assets that were not there.
    pub(crate) created: i32,
    /// Assets of which something was different.
    pub(crate) changed: i32,
    /// Assets of which nothing was.
    pub(crate) unchanged: i32,
    /// Rows that did not land; each is told with its line and all that is wrong.
    pub(crate) rejected: i32,
}

/// A job.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportJob)]
pub(crate) struct Shown {
    /// Its id.
    job_id: Uuid,
    /// `queued`, `running`, `done`, `failed` or `cancelled`.
    #[schema(example = "running")]
    state: String,
    /// How far it came.
    rows: Rows,
    /// Companies that were added.
    companies_added: i32,
    #[serde(flatten)]
    understood: Understood,
    /// Why it failed, or what it waits for.
    why: Option<String>,
    /// When it was asked for.
    created_at: DateTime<Utc>,
    /// When it was begun.
    started_at: Option<DateTime<Utc>>,
    /// When it ended, in whatever way.
    ended_at: Option<DateTime<Utc>>,
    /// Where all rows that did not land are listed, as CSV.
    faults_url: String,
}

impl Job {
    /// Reads a row of `columns.sql`.
    pub(super) fn read(row: &Row) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self {
            job_id: row.try_get(0)?,
            token_id: row.try_get(1)?,
            state: row.try_get(2)?,
            cancelling: row.try_get(3)?,
            settings: serde_json::from_str(row.try_get(4)?)?,
            rows: Rows {
                total: row.try_get(5)?,
                done: row.try_get(6)?,
                created: row.try_get(7)?,
                changed: row.try_get(8)?,
                unchanged: row.try_get(9)?,
                rejected: row.try_get(10)?,
            },
            companies: row.try_get(11)?,
            why: row.try_get(12)?,
            created_at: row.try_get(13)?,
            started_at: row.try_get(14)?,
            ended_at: row.try_get(15)?,
            file_key: row.try_get(16)?,
            request_hmac: row.try_get(17)?,
        })
    }

    /// Whether somebody may see it. It may name companies that a limited token does not see, unless it was its own.
    pub(crate) fn is_visible_to(&self, principal: &Principal) -> bool {
        principal.companies.is_none() || self.token_id == principal.token.0
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended_at.is_some()
    }

    pub(crate) fn shown(self) -> Shown {
        Shown {
            faults_url: format!("/v1/jobs/{}/faults", self.job_id),
            job_id: self.job_id,
            state: self.state,
            rows: self.rows,
            companies_added: self.companies,
            understood: self.settings.understood,
            why: self.why,
            created_at: self.created_at,
            started_at: self.started_at,
            ended_at: self.ended_at,
        }
    }
}
