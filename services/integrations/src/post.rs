//! Mails: one for each alert where that is wanted, else one digest a day and recipient.

mod digest;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{ids::AlertId, integration::Integration};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    connect::Post,
    context::Context,
    health::Health,
    hooks::{again, ended},
    mail::{AlertText, Heading, Mail, MailError, News, compose_alert},
    store::{Store, StoreError, Subscriber, column, kept, within},
    telling::Telling,
    webhook::schedule::next_attempt,
};

/// Mails taken at a time.
const ROUND: i64 = 20;
/// Until a server that takes nothing of ours is tried again.
const REFUSED_PROBE: TimeDelta = TimeDelta::minutes(15);

/// What a mail is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", untagged)]
pub(crate) enum About {
    Digest {
        digest: chrono::NaiveDate,
        since: DateTime<Utc>,
    },
    Alert {
        alert: Uuid,
        occurrence: i32,
    },
}

struct Due {
    id: Uuid,
    attempts: i32,
    recipient: String,
    what: About,
}

type Next = Option<Option<DateTime<Utc>>>;

/// Sends what is due. Answers why nothing goes, if so, and when to look again; none for at once.
pub(crate) async fn round(
    context: &Context,
    store: &Store,
    integration: &Integration,
    post: &Post,
    subscriber: &Subscriber,
    health: &mut Health,
) -> Result<(Option<String>, Next), StoreError> {
    let now = context.commands.now();
    let telling = Telling::new(context, store.tenant, now).await?;
    let digest_at = digest::claim(store, integration, post, subscriber, &telling, now).await?;
    if let Some(until) = health.open_until.filter(|until| *until > now) {
        return Ok((subscriber.paused_because.clone(), Some(Some(until))));
    }
    if let Some(until) = telling.held_until(now) {
        return Ok((None, Some(Some(until))));
    }
    let (due, next) = due(store, now).await?;
    if due.is_empty() {
        let next = [next, digest_at].into_iter().flatten().min();
        return Ok((None, Some(next)));
    }
    for due in due {
        let to = post.to.iter().find(|to| to.to_string() == due.recipient);
        let address = match to {
            Some(address) => Ok(address.clone()),
            None => crate::mail::Address::parse(&due.recipient, None),
        };
        let Ok(address) = address else {
            ended(
                store,
                due.id,
                "parked",
                Some("the recipient is no address"),
                now,
            )
            .await?;
            continue;
        };
        let heading = Heading {
            to: address,
            delivery: due.id,
            earlier: Vec::new(),
            date: now,
        };
        let Some(mail) = compose(store, integration, &telling, heading, &due.what).await? else {
            ended(
                store,
                due.id,
                "sent",
                Some("there was nothing to tell any more"),
                now,
            )
            .await?;
            continue;
        };
        match post.mailer.send(&mail).await {
            Ok(()) => {
                *health = Health::default();
                ended(store, due.id, "sent", None, context.commands.now()).await?;
            }
            Err(error) => {
                tracing::warn!(integration = %store.id, %error, "a mail was not sent");
                if let Some(why) = failed(store, &due, &error, health, now).await? {
                    return Ok((Some(why), Some(health.open_until)));
                }
            }
        }
    }
    Ok((None, None))
}

async fn failed(
    store: &Store,
    due: &Due,
    error: &MailError,
    health: &mut Health,
    now: DateTime<Utc>,
) -> Result<Option<String>, StoreError> {
    let why = error.to_string();
    if error.stops_all() {
        health.open_until = Some(now + REFUSED_PROBE);
        // It does not use up its tries: nothing is wrong with it.
        return Ok(Some(why));
    }
    let failures = u32::try_from(due.attempts).unwrap_or_default() + 1;
    let at = next_attempt(due.id, failures, now, None).filter(|_| error.is_transient());
    match at {
        Some(at) => again(store, due.id, at, &why).await?,
        None => ended(store, due.id, "parked", Some(&why), now).await?,
    }
    Ok(None)
}

async fn due(
    store: &Store,
    now: DateTime<Utc>,
) -> Result<(Vec<Due>, Option<DateTime<Utc>>), StoreError> {
    let mut client = store.client().await?;
    let tx = within(&mut client, store.tenant).await?;
    let statement = tx.prepare_cached(include_str!("post/due.sql")).await?;
    let rows = tx
        .query(&statement, &[&store.tenant.0, &store.id.0, &now, &ROUND])
        .await?;
    let next = tx.prepare_cached(include_str!("hooks/next.sql")).await?;
    let next = tx.query_one(&next, &[&store.tenant.0, &store.id.0]).await?;
    tx.commit().await?;
    let due = rows.iter().map(|row| {
        Ok::<_, StoreError>(Due {
            id: column(row, "delivery_id")?,
            attempts: column(row, "attempts")?,
            recipient: column::<Option<String>>(row, "recipient")?.unwrap_or_default(),
            what: serde_json::from_value(column(row, "what")?)?,
        })
    });
    Ok((due.collect::<Result<_, _>>()?, column(&next, "at")?))
}

/// The mail, or none if there is nothing to tell any more.
async fn compose(
    store: &Store,
    integration: &Integration,
    telling: &Telling<'_>,
    heading: Heading,
    what: &About,
) -> Result<Option<Mail>, StoreError> {
    match what {
        About::Digest { digest, since } => {
            digest::compose(store, integration, telling, heading, *digest, *since).await
        }
        About::Alert { alert, occurrence } => {
            let mut client = store.client().await?;
            let tx = within(&mut client, store.tenant).await?;
            let statement = tx.prepare_cached(include_str!("post/alert.sql")).await?;
            let row = tx
                .query_opt(
                    &statement,
                    &[&store.tenant.0, &store.id.0, alert, occurrence],
                )
                .await?;
            tx.commit().await?;
            let finding = row.map(|row| column(&row, "finding")).transpose()?;
            let Some(finding) = finding.map(kept).transpose()?.flatten() else {
                return Ok(None);
            };
            Ok(Some(compose_alert(&AlertText {
                heading,
                account: telling.account.name.clone(),
                news: News::Raised,
                about: telling.about(AlertId(*alert), &finding).await?,
            })))
        }
    }
}
