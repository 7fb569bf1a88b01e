//! From what may have changed to commands.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use contract::NotDone;
use domain::{
    Command,
    alert::REVIEWED_LICENSES_MAX,
    asset_type::Metric,
    calendar,
    command::Review,
    compliance::PoolKey,
    ids::{AssetId, CompanyId, TenantId, TokenId},
    product::ProductKey,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use read_models::{
    alerts::candidates::{self, AfterCandidate},
    query::{Answer, Settings, Statement, ask},
};
use tokio::time::{Instant, sleep};
use tokio_postgres::Row;
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

/// What is to be reviewed together, and whether it is all there is of it.
struct Candidate {
    of: Review,
    after: AfterCandidate,
}

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
            let latest = |of: &Review| {
                let ids: &[AssetId] = match of {
                    Review::Pool { licenses, .. } => licenses,
                    Review::Asset(id) => std::slice::from_ref(id),
                    Review::Token(_) => &[],
                };
                ids.iter()
                    .filter_map(|id| touched.assets.get(&id.0))
                    .max()
                    .copied()
            };
            let reviews = candidates_of(&answer)?.into_iter().map(|found| {
                let at = latest(&found.of).or(touched.assets.values().max().copied());
                (found.of, at)
            });
            self.review(tenant, reviews.collect()).await?;
        }
        let tokens = touched.tokens.iter();
        let tokens = tokens.map(|(id, at)| (Review::Token(TokenId(*id)), Some(*at)));
        self.review(tenant, tokens.collect()).await
    }

    /// Reviews all of an account, page by page. Answers its day and time zone, and what will be due next.
    pub(crate) async fn sweep(
        &self,
        tenant: Uuid,
        entry: i64,
        everything: bool,
    ) -> Result<(NaiveDate, String, Option<DateTime<Utc>>), Trouble> {
        let now = self.context.commands.now();
        let mut after = None;
        let (mut today, mut settings) = (None, Settings::default());
        loop {
            let day = today.unwrap_or_else(|| now.date_naive());
            let statement =
                candidates::of_tenant(tenant, day, everything, after.as_ref(), SWEEP_PAGE);
            let answer = self.ask_from(tenant, &statement, entry).await?;
            let own_day = day_of(now, &answer.settings);
            settings = answer.settings.clone();
            if today != Some(own_day) {
                // The account's calendar is known with the first answer.
                let again = day != own_day;
                today = Some(own_day);
                if again {
                    continue;
                }
            }
            let found = candidates_of(&answer)?;
            let last = found.last().map(|last| last.after.clone());
            let full = i64::try_from(found.len()).unwrap_or(i64::MAX) >= SWEEP_PAGE;
            let reviews = found.into_iter().map(|found| (found.of, None)).collect();
            self.review(tenant, reviews).await?;
            after = last;
            if !full || after.is_none() {
                break;
            }
        }
        let due = self
            .ask_from(tenant, &candidates::next_due(tenant), entry)
            .await?;
        let due_at = match due.rows.first() {
            Some(row) => row.try_get("due_at").map_err(Trouble::Row)?,
            None => None,
        };
        Ok((
            today.unwrap_or_else(|| now.date_naive()),
            settings.time_zone,
            due_at,
        ))
    }

    async fn review(
        &self,
        tenant: Uuid,
        reviews: Vec<(Review, Option<DateTime<Utc>>)>,
    ) -> Result<(), Trouble> {
        let commands = &self.context.commands;
        let submitted = stream::iter(reviews.into_iter().map(|(of, recorded_at)| async move {
            let command = Command::ReviewAlerts { of, recorded_at };
            match commands.submit(TenantId(tenant), command).await {
                Ok(_) => Ok(()),
                // Said once is enough: the next event or sweep asks again.
                Err(NotDone::Refused(refusal)) => {
                    tracing::warn!(%tenant, %refusal, "a review was refused");
                    Ok(())
                }
                Err(error @ NotDone::Later(_)) => Err(Trouble::from(error)),
            }
        }));
        submitted
            .buffer_unordered(COMMANDS_AT_ONCE)
            .try_collect::<()>()
            .await
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

fn day_of(now: DateTime<Utc>, settings: &Settings) -> NaiveDate {
    // The domain has let no other than known zones in.
    let zone = calendar::parse_zone(&settings.time_zone).unwrap_or(Tz::UTC);
    calendar::day_of(now, zone)
}

fn candidates_of(answer: &Answer) -> Result<Vec<Candidate>, Trouble> {
    let read = |row: &Row| -> Result<Option<Candidate>, tokio_postgres::Error> {
        let assets: Vec<Uuid> = row.try_get("asset_ids")?;
        let (company, product, metric): (Option<Uuid>, Option<String>, Option<String>) = (
            row.try_get("company_id")?,
            row.try_get("product_key")?,
            row.try_get("metric")?,
        );
        let after = AfterCandidate::of(row)?;
        let (Some(company), Some(product), Some(metric)) = (company, product, metric) else {
            let of = assets.first().map(|id| Review::Asset(AssetId(*id)));
            return Ok(of.map(|of| Candidate { of, after }));
        };
        // A metric that this release does not know it can't have written.
        let Some(metric) = Metric::parse(&metric) else {
            return Ok(None);
        };
        if assets.len() > REVIEWED_LICENSES_MAX {
            tracing::warn!(%company, product, licenses = assets.len(), "a pool is too large to be reviewed whole");
        }
        let key = PoolKey {
            company: CompanyId(company),
            product: ProductKey(product),
            metric,
        };
        let licenses = assets.into_iter().take(REVIEWED_LICENSES_MAX).map(AssetId);
        let of = Review::Pool {
            key,
            licenses: licenses.collect(),
        };
        Ok(Some(Candidate { of, after }))
    };
    let rows = answer.rows.iter().filter_map(|row| read(row).transpose());
    rows.collect::<Result<_, _>>().map_err(Trouble::Row)
}
