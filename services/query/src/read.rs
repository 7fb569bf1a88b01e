//! From a request to an answer of the read models.

use std::time::Duration;

use axum::extract::FromRequestParts;
use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::{
    access::{Action, Principal, Resource, may},
    calendar,
};
use http::request::Parts;
use read_models::query::{Answer, AskError, Settings, Statement, ask};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_postgres::Row;
use uuid::Uuid;
use web::{
    access::Authenticated,
    headers::{Entry, MinEntry},
    problem::{Kind, Problem},
};

use crate::{error, state::QueryState};

/// How long a read waits for the entry that it must show.
const WAIT: Duration = Duration::from_secs(2);

/// Between two looks while it waits, at first; a quarter longer each time, up to [`LOOK_MAX`]. A projector is
/// some 20 ms behind: doubling would let a reader sleep as long again after its entry had come.
const LOOK_FIRST: Duration = Duration::from_millis(4);
const LOOK_MAX: Duration = Duration::from_millis(64);

/// Settings may change between the question and its answer; twice in a row is rare, ever on is impossible
/// for a person.
const ASKED_MAX: usize = 4;

/// Who reads, and how new it must be: the first argument of every handler that asks the read models.
pub(crate) struct Reading {
    pub(crate) principal: Principal,
    pub(crate) state: QueryState,
    min_entry: Option<i64>,
}

/// What a question may depend on beside its own parameters.
pub(crate) struct Context {
    pub(crate) tenant: Uuid,
    /// The companies that the token is limited to.
    pub(crate) companies: Option<Vec<Uuid>>,
    /// The tenant's calendar, and its day.
    pub(crate) zone: Tz,
    pub(crate) today: NaiveDate,
    pub(crate) settings: Settings,
}

/// Rows with what they were asked with.
pub(crate) struct Answered {
    pub(crate) rows: Vec<Row>,
    pub(crate) context: Context,
    /// Up to here all read models that were asked had come, at least.
    pub(crate) entry: Entry,
}

impl FromRequestParts<QueryState> for Reading {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &QueryState) -> Result<Self, Problem> {
        let Authenticated(principal) = Authenticated::from_request_parts(parts, state).await?;
        let MinEntry(min_entry) = MinEntry::from_request_parts(parts, state).await?;
        Ok(Self {
            principal,
            state: state.clone(),
            min_entry,
        })
    }
}

impl Reading {
    /// For whoever was let in without a token.
    pub(crate) fn by(principal: Principal, state: QueryState) -> Self {
        Self {
            principal,
            state,
            min_entry: None,
        }
    }

    /// What the read models answer, no older than the request wants it.
    pub(crate) async fn ask(
        &self,
        build: impl Fn(&Context) -> Statement,
    ) -> Result<Answered, Problem> {
        let tenant = self.principal.tenant.0;
        let mut settings = self.state.tenants.recall(tenant);
        let deadline = Instant::now() + WAIT;
        for _ in 0..ASKED_MAX {
            let context = self.context(settings);
            let statement = build(&context);
            let mut answer = self.once(&statement, true, deadline).await?;
            if self.is_behind(&answer)? {
                self.wait(&statement, deadline).await?;
                answer = self.once(&statement, true, deadline).await?;
            }
            let Answer {
                rows,
                entry,
                settings: current,
                ..
            } = answer;
            if current == context.settings {
                return Ok(Answered {
                    rows,
                    context,
                    entry: Entry(entry),
                });
            }
            self.state.tenants.remember(tenant, current.clone());
            settings = current;
        }
        Err(Problem::new(Kind::Busy).with_detail("the policy changes faster than it can be read"))
    }

    /// The one row of a question about one thing, if the token may see the company that it is of.
    pub(crate) async fn ask_one(
        &self,
        build: impl Fn(&Context) -> Statement,
    ) -> Result<(Row, Answered), Problem> {
        let mut answered = self.ask(build).await?;
        let row = answered
            .rows
            .pop()
            .ok_or_else(|| Problem::new(Kind::NotFound))?;
        Ok((row, answered))
    }

    /// Asks the one pure question of access; every handler does, whatever the list filters besides.
    pub(crate) fn may_read(&self, resource: Resource) -> Result<(), Problem> {
        Ok(may(&self.principal, Action::Read, resource)?)
    }

    fn context(&self, settings: Settings) -> Context {
        let companies = self.principal.companies.as_ref();
        // The domain has let no other than known zones in.
        let zone = calendar::parse_zone(&settings.time_zone).unwrap_or(Tz::UTC);
        Context {
            tenant: self.principal.tenant.0,
            companies: companies.map(|ids| ids.iter().map(|id| id.0).collect()),
            zone,
            today: calendar::day_of((self.state.clock)(), zone),
            settings,
        }
    }

    async fn wait(&self, statement: &Statement, deadline: Instant) -> Result<(), Problem> {
        let mut pause = LOOK_FIRST;
        while Instant::now() + pause < deadline {
            sleep(pause).await;
            // Without the rows, which may be many.
            if !self.is_behind(&self.once(statement, false, deadline).await?)? {
                return Ok(());
            }
            pause = (pause * 5 / 4).min(LOOK_MAX);
        }
        Err(Problem::new(Kind::ReadModelBehind))
    }

    fn is_behind(&self, answer: &Answer) -> Result<bool, Problem> {
        let Some(wanted) = self.min_entry else {
            return Ok(false);
        };
        if answer.halted_at.is_some_and(|halted_at| halted_at < wanted) {
            return Err(Problem::new(Kind::ReadModelHalted));
        }
        Ok(answer.entry < wanted)
    }

    /// Holds no connection between two looks: who waits must not keep others from reading.
    async fn once(
        &self,
        statement: &Statement,
        rows: bool,
        deadline: Instant,
    ) -> Result<Answer, Problem> {
        let client = timeout_at(deadline, self.state.reads.get()).await;
        let client = client
            .map_err(|_| Problem::new(Kind::Busy).with_detail("all connections are in use"))?;
        let client = client.map_err(|error| error::of_read_model(&AskError::Connect(error)))?;
        let answer = ask(&client, self.principal.tenant.0, statement, rows).await;
        answer.map_err(|error| error::of_read_model(&error))
    }
}
