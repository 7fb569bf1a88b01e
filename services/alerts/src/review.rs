//! From what may have changed to commands.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use contract::NotDone;
use domain::{
    Command,
    alert::Cause,
    calendar,
    command::Review,
    ids::{AssetId, TenantId, TokenId},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use read_models::{
    alerts::candidates::{self, AfterPool, Candidate, Due, NextDue},
    query::{Answer, Statement, ask},
};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::{Context, error::Trouble, touched::Touched};

/// Commands under way at once for one account: enough that each of the log's batches is full, few enough that people's
/// own commands find room between them.
const COMMANDS_AT_ONCE: usize = 64;
/// Assets that one question is about.
const ASSETS_PAGE: usize = 500;
/// Candidates that one page of a sweep holds.
const SWEEP_PAGE: i64 = 200;
/// How long the read models are waited for before an account is put off.
const MODELS_WAIT: Duration = Duration::from_secs(10);
/// How often they are looked at meanwhile, at first.
const LOOK_FIRST: Duration = Duration::from_millis(2);
/// And at most.
const LOOK_MAX: Duration = Duration::from_millis(100);

/// Reviews accounts.
#[derive(Clone)]
pub(crate) struct Reviewer {
    context: Context,
}

/// What an account's calendar told when all of it, or what was due, was looked at.
#[derive(Debug)]
pub(crate) struct Looked {
    /// The account's day.
    pub(crate) today: NaiveDate,
    /// Its time zone.
    pub(crate) time_zone: String,
    /// When something that was noticed is to be raised.
    pub(crate) due_at: Option<DateTime<Utc>>,
}

type Reviews = Vec<(Review, Option<DateTime<Utc>>)>;

impl Reviewer {
    pub(crate) fn new(context: Context) -> Self {
        Self { context }
    }

    /// Reviews what events may have changed. The read models must have come as far as they: is waited for.
    pub(crate) async fn touched(&self, tenant: Uuid, touched: &Touched) -> Result<(), Trouble> {
        let assets: Vec<Uuid> = touched.assets.keys().copied().collect();
        for page in assets.chunks(ASSETS_PAGE) {
            let statement = candidates::of_assets(tenant, page.to_vec());
            let answer = self.ask_from(tenant, &statement, touched.entry).await?;
            let latest = touched.assets.values().max().copied();
            let reviews = candidates_of(&answer)?.into_iter().map(|of| {
                let at = recorded_at(&of, touched).or(latest);
                (of, at)
            });
            self.review(tenant, reviews.collect()).await?;
        }
        let tokens = touched.tokens.iter();
        let tokens = tokens.map(|(id, at)| (Review::Token(TokenId(*id)), Some(*at)));
        self.review(tenant, tokens.collect()).await
    }

    /// Reviews what of an account may be otherwise today, page by page; all of it if `everything`.
    pub(crate) async fn sweep(
        &self,
        tenant: Uuid,
        entry: i64,
        everything: bool,
    ) -> Result<Looked, Trouble> {
        let looked = self.due(tenant, entry).await?;
        let today = looked.today;
        let mut after = None;
        loop {
            let page = candidates::pools_due(tenant, today, everything, after.as_ref(), SWEEP_PAGE);
            let answer = self.ask_from(tenant, &page, entry).await?;
            self.review(tenant, by_calendar(candidates_of(&answer)?))
                .await?;
            match answer.rows.last().filter(|_| is_full(&answer)) {
                Some(last) => after = Some(AfterPool::of(last).map_err(Trouble::Row)?),
                None => break,
            }
        }
        let mut after = None;
        loop {
            let page = candidates::assets_due(tenant, today, everything, after, SWEEP_PAGE);
            let answer = self.ask_from(tenant, &page, entry).await?;
            let found = candidates_of(&answer)?;
            after = match found.last() {
                Some(Review::Asset(last)) => Some(*last),
                _ => None,
            };
            self.review(tenant, by_calendar(found)).await?;
            if !is_full(&answer) || after.is_none() {
                break;
            }
        }
        let mut after = None;
        loop {
            let page = candidates::tokens_due(tenant, after, SWEEP_PAGE);
            let answer = self.ask_from(tenant, &page, entry).await?;
            let found = candidates_of(&answer)?;
            after = match found.last() {
                Some(Review::Token(last)) => Some(*last),
                _ => None,
            };
            self.review(tenant, by_calendar(found)).await?;
            if !is_full(&answer) || after.is_none() {
                break;
            }
        }
        Ok(looked)
    }

    /// Reviews the alerts of an account whose time has come.
    pub(crate) async fn due(&self, tenant: Uuid, entry: i64) -> Result<Looked, Trouble> {
        let now = self.context.commands.now();
        let settings = self
            .ask_from(tenant, &candidates::reached(), entry)
            .await?
            .settings;
        // The domain has let no other than known zones in.
        let zone = calendar::parse_zone(&settings.time_zone).unwrap_or(Tz::UTC);
        let today = calendar::day_of(now, zone);
        let mut after = None;
        loop {
            let page = candidates::due(tenant, now, today, after, SWEEP_PAGE);
            let answer = self.ask_from(tenant, &page, entry).await?;
            let found = answer
                .rows
                .iter()
                .map(Due::of)
                .collect::<Result<Vec<_>, _>>();
            let found = found.map_err(Trouble::Row)?;
            after = found.last().map(|last| last.alert);
            for due in &found {
                if due.cause == Cause::ByHand {
                    let woken = Command::SnoozeAlert {
                        id: due.alert,
                        until: None,
                    };
                    self.submit(tenant, woken).await?;
                }
            }
            let reviews = found.into_iter().filter(|due| due.cause != Cause::ByHand);
            let reviews = reviews.map(|due| due.candidate.of).collect();
            self.review(tenant, by_calendar(reviews)).await?;
            if !is_full(&answer) {
                break;
            }
        }
        let next = self
            .ask_from(tenant, &candidates::next_due(tenant, now), entry)
            .await?;
        let next = next.rows.first().map(NextDue::of).transpose();
        Ok(Looked {
            today,
            time_zone: settings.time_zone,
            due_at: next.map_err(Trouble::Row)?.and_then(|next| next.due_at),
        })
    }

    async fn review(&self, tenant: Uuid, reviews: Reviews) -> Result<(), Trouble> {
        let submitted = reviews.into_iter().map(|(of, recorded_at)| {
            self.submit(tenant, Command::ReviewAlerts { of, recorded_at })
        });
        stream::iter(submitted)
            .buffer_unordered(COMMANDS_AT_ONCE)
            .try_collect::<()>()
            .await
    }

    async fn submit(&self, tenant: Uuid, command: Command) -> Result<(), Trouble> {
        match self
            .context
            .commands
            .submit(TenantId(tenant), command)
            .await
        {
            Ok(_) => Ok(()),
            // Said once is enough: the next event or sweep asks again.
            Err(NotDone::Refused(refusal)) => {
                tracing::warn!(%tenant, %refusal, "a review was refused");
                Ok(())
            }
            Err(error @ NotDone::Later(_)) => Err(error.into()),
        }
    }

    /// What the read models answer when they have come to an entry.
    async fn ask_from(
        &self,
        tenant: Uuid,
        statement: &Statement,
        entry: i64,
    ) -> Result<Answer, Trouble> {
        let deadline = Instant::now() + MODELS_WAIT;
        let mut pause = LOOK_FIRST;
        loop {
            let answer = {
                let client = self.context.reads.get().await?;
                ask(&client, tenant, statement, true).await?
            };
            if answer.entry >= entry {
                return Ok(answer);
            }
            let halted = answer.halted_at.is_some_and(|halted| halted < entry);
            if halted || Instant::now() >= deadline {
                return Err(Trouble::Behind {
                    at: answer.entry,
                    wanted: entry,
                });
            }
            sleep(pause).await;
            pause = (pause * 3 / 2).min(LOOK_MAX);
        }
    }
}

fn by_calendar(reviews: Vec<Review>) -> Reviews {
    reviews.into_iter().map(|of| (of, None)).collect()
}

fn is_full(answer: &Answer) -> bool {
    i64::try_from(answer.rows.len()).unwrap_or(i64::MAX) >= SWEEP_PAGE
}

/// When the latest of the events was recorded that concern what is reviewed.
fn recorded_at(of: &Review, touched: &Touched) -> Option<DateTime<Utc>> {
    let ids: &[AssetId] = match of {
        Review::Pool { licenses, .. } => licenses,
        Review::Asset(id) => std::slice::from_ref(id),
        Review::Token(_) => &[],
    };
    let known = ids.iter().filter_map(|id| touched.assets.get(&id.0));
    known.max().copied()
}

fn candidates_of(answer: &Answer) -> Result<Vec<Review>, Trouble> {
    let mut found = Vec::with_capacity(answer.rows.len());
    for row in &answer.rows {
        let candidate = Candidate::of(row).map_err(Trouble::Row)?;
        if candidate.is_too_large {
            // A part of a pool says nothing of the whole: better no alert than one that is not so.
            tracing::error!(pool = ?candidate.of, "a pool has too many licenses to be reviewed");
            continue;
        }
        found.push(candidate.of);
    }
    Ok(found)
}
