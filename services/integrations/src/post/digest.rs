//! The digest: claimed once for each day, at its hour on the account's calendar.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, TimeZone, Utc};
use domain::{ids::AlertId, integration::Integration};
use uuid::Uuid;

use super::About;
use crate::{
    connect::Post,
    mail::{CompanySection, Digest, Heading, Mail, Totals, compose_digest},
    store::{Store, StoreError, Subscriber, column, kept, within},
    telling::Telling,
};

/// At what hour, unless it is set.
const HOUR: u32 = 7;
/// Alerts that are listed; the rest is told as a number.
const LISTED_MAX: i64 = 400;

/// Queues the day's digest once its hour has come. Answers when the next one's comes.
pub(super) async fn claim(
    store: &Store,
    integration: &Integration,
    post: &Post,
    subscriber: &Subscriber,
    telling: &Telling<'_>,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let settings = &integration.config.settings;
    if settings.get("send").is_some_and(|send| send == "each") {
        return Ok(None);
    }
    let hour = settings
        .get("digest_hour")
        .and_then(|hour| hour.parse().ok());
    let hour = hour.unwrap_or(HOUR).min(23);
    let today = telling.today;
    let has_come = at(telling, today, hour) <= now;
    let next = match has_come {
        true => today.checked_add_days(Days::new(1)).unwrap_or(today),
        false => today,
    };
    let next_at = Some(at(telling, next, hour));
    let latest = match has_come {
        true => today,
        false => today.pred_opt().unwrap_or(today),
    };
    if subscriber.digest_day.is_some_and(|day| day >= latest) {
        return Ok(next_at);
    }
    let mut client = store.client().await?;
    let tx = within(&mut client, store.tenant).await?;
    let claimed = tx.prepare_cached(include_str!("claim.sql")).await?;
    let claimed = tx
        .execute(
            &claimed,
            &[
                &store.tenant.0,
                &store.id.0,
                &subscriber.digest_day,
                &latest,
            ],
        )
        .await?;
    // The first day begins with what comes: whoever turns it on sees the list anyway.
    if let (1, Some(before)) = (claimed, subscriber.digest_day) {
        let what = About::Digest {
            digest: latest,
            since: at(telling, before, hour),
        };
        let what = serde_json::to_value(what)?;
        let queue = tx
            .prepare_cached(include_str!("../follow/queue.sql"))
            .await?;
        for to in &post.to {
            let to = to.to_string();
            let id = Uuid::new_v5(&store.id.0, format!("digest:{latest}:{to}").as_bytes());
            tx.execute(
                &queue,
                &[
                    &store.tenant.0,
                    &store.id.0,
                    &id,
                    &subscriber.entry,
                    &Some(to.as_str()),
                    &Some(&what),
                    &now,
                ],
            )
            .await?;
        }
    }
    tx.commit().await?;
    Ok(next_at)
}

/// The first instant of an hour; of one that the clocks skip, an hour later.
fn at(telling: &Telling<'_>, day: NaiveDate, hour: u32) -> DateTime<Utc> {
    let zone = telling.account.zone;
    let local = day.and_hms_opt(hour, 0, 0);
    let instant = local.and_then(|local| {
        let earliest = zone.from_local_datetime(&local).earliest();
        earliest.or_else(|| {
            zone.from_local_datetime(&(local + TimeDelta::hours(1)))
                .earliest()
        })
    });
    instant.map_or(DateTime::<Utc>::MAX_UTC, |instant| {
        instant.with_timezone(&Utc)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    New,
    Changed,
    StillOpen,
    Cleared,
}

pub(super) async fn compose(
    store: &Store,
    integration: &Integration,
    telling: &Telling<'_>,
    heading: Heading,
    day: NaiveDate,
    since: DateTime<Utc>,
) -> Result<Option<Mail>, StoreError> {
    let filter = &integration.config.filter;
    let companies: Vec<Uuid> = filter.companies.iter().map(|id| id.0).collect();
    let kinds: Vec<&str> = filter.kinds.iter().map(|kind| kind.as_str()).collect();
    let mut client = store.client().await?;
    let tx = within(&mut client, store.tenant).await?;
    let counted = tx.prepare_cached(include_str!("counted.sql")).await?;
    let counted = tx
        .query_one(
            &counted,
            &[&store.tenant.0, &store.id.0, &since, &companies, &kinds],
        )
        .await?;
    let listed = tx.prepare_cached(include_str!("listed.sql")).await?;
    let rows = tx
        .query(
            &listed,
            &[
                &store.tenant.0,
                &store.id.0,
                &since,
                &companies,
                &kinds,
                &LISTED_MAX,
            ],
        )
        .await?;
    tx.commit().await?;
    drop(client);
    let count = |name| {
        Ok::<_, StoreError>(u64::try_from(column::<i64>(&counted, name)?).unwrap_or_default())
    };
    let totals = Totals {
        new: count("new")?,
        changed: count("changed")?,
        still_open: count("still_open")?,
        cleared: count("cleared")?,
    };
    if totals == Totals::default() {
        return Ok(None);
    }
    let mut sections: BTreeMap<String, CompanySection> = BTreeMap::new();
    for row in &rows {
        let Some(finding) = kept(column(row, "finding")?)? else {
            continue;
        };
        let alert: Uuid = column(row, "alert_id")?;
        let about = telling.about(AlertId(alert), &finding).await?;
        let (open, is_new, is_changed): (bool, bool, bool) = (
            column(row, "open")?,
            column(row, "is_new")?,
            column(row, "is_changed")?,
        );
        let group = match (open, is_new, is_changed) {
            (false, ..) => Group::Cleared,
            (true, true, _) => Group::New,
            (true, false, true) => Group::Changed,
            (true, false, false) => Group::StillOpen,
        };
        let name = about.company.clone();
        let name = name.unwrap_or_else(|| telling.account.name.clone());
        let section = sections
            .entry(name.clone())
            .or_insert_with(|| CompanySection {
                name,
                ..CompanySection::default()
            });
        match group {
            Group::New => section.new.push(about),
            Group::Changed => section.changed.push(about),
            Group::StillOpen => section.still_open.push(about),
            Group::Cleared => section.cleared.push(about),
        }
    }
    Ok(Some(compose_digest(&Digest {
        heading,
        day,
        account: telling.account.name.clone(),
        totals,
        companies: sections.into_values().collect(),
        inbox: telling.alerts_url(None),
    })))
}
