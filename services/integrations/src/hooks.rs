//! Posts what a webhook is to be told: at once, several at a time, and again until it is taken or given up.

use chrono::{DateTime, Utc};
use domain::{command::Command, integration::Mode};
use event_log::Recorded;
use futures_util::{StreamExt, stream};
use uuid::Uuid;

use crate::{
    connect::Hook,
    context::Context,
    follow::recorded,
    store::{Store, StoreError, column, within},
    webhook::{
        self, SendError,
        schedule::{Circuit, Disabled, Health, next_attempt},
    },
};

/// Deliveries taken at a time.
const ROUND: i64 = 64;
/// Calls to one endpoint at a time.
const AT_ONCE: usize = 8;

struct Due {
    id: Uuid,
    attempts: i32,
    event: Recorded,
}

/// Why nothing is sent any more, if so.
pub(crate) fn disabled(health: &Health) -> Option<String> {
    match health.circuit() {
        Circuit::Disabled(Disabled::Gone) => {
            Some("the receiver answered 410: it wants no more webhooks".to_owned())
        }
        Circuit::Disabled(Disabled::Failing { since }) => Some(format!(
            "the receiver took nothing since {}",
            since.format("%Y-%m-%d %H:%M UTC")
        )),
        _ => None,
    }
}

/// Posts what is due. Answers how the endpoint fares and when to look again; none for at once.
pub(crate) async fn round(
    context: &Context,
    store: &Store,
    hook: &Hook,
    health: Health,
) -> Result<(Health, Option<Option<DateTime<Utc>>>), StoreError> {
    let now = context.commands.now();
    let limit = match health.circuit() {
        Circuit::Closed => ROUND,
        Circuit::Open { probe_at } if probe_at > now => return Ok((health, Some(Some(probe_at)))),
        // One shows whether it is back.
        Circuit::Open { .. } => 1,
        Circuit::Disabled(_) => {
            disable(context, store, &health).await;
            return Ok((health, Some(None)));
        }
    };
    let (due, next) = due(store, now, limit).await?;
    if due.is_empty() {
        return Ok((health, Some(next)));
    }
    let mut health = health;
    let mut sent = stream::iter(due.into_iter().map(|due| async move {
        let result = match contract::cloud_event(&due.event) {
            Ok(body) => {
                let at = context.commands.now();
                webhook::send(&hook.client, &hook.endpoint, &hook.signer, due.id, at, body)
                    .await
                    .map(|_| ())
                    .map_err(Some)
            }
            Err(error) => {
                tracing::error!(%error, "an event can't be posted");
                Err(None)
            }
        };
        (due, result)
    }))
    .buffer_unordered(AT_ONCE);
    while let Some((due, result)) = sent.next().await {
        let now = context.commands.now();
        match result {
            Ok(()) => {
                health = health.succeeded();
                ended(store, due.id, "sent", None, now).await?;
            }
            Err(None) => ended(store, due.id, "parked", Some("it can't be written"), now).await?,
            Err(Some(error)) => {
                health = health.failed(now, error.ends_it());
                failed(store, &due, &error, now).await?;
            }
        }
    }
    Ok((health, None))
}

async fn disable(context: &Context, store: &Store, health: &Health) {
    let why = disabled(health).unwrap_or_default();
    tracing::error!(integration = %store.id, why, "a webhook is disabled: mend the receiver, then turn it on");
    let command = Command::SetIntegrationMode {
        id: store.id,
        mode: Mode::Paused,
        backlog: None,
    };
    // It is asked for again at the next look.
    if let Err(error) = context.commands.submit(store.tenant, command).await {
        tracing::warn!(%error, "a webhook can't be paused for now");
    }
}

async fn due(
    store: &Store,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<(Vec<Due>, Option<DateTime<Utc>>), StoreError> {
    let mut client = store.client().await?;
    let tx = within(&mut client, store.tenant).await?;
    let statement = tx.prepare_cached(include_str!("hooks/due.sql")).await?;
    let rows = tx
        .query(&statement, &[&store.tenant.0, &store.id.0, &now, &limit])
        .await?;
    let mut next = None;
    if rows.is_empty() {
        let statement = tx.prepare_cached(include_str!("hooks/next.sql")).await?;
        let row = tx
            .query_one(&statement, &[&store.tenant.0, &store.id.0])
            .await?;
        next = column(&row, "at")?;
    }
    tx.commit().await?;
    let due = rows.iter().map(|row| {
        Ok::<_, StoreError>(Due {
            id: column(row, "delivery_id")?,
            attempts: column(row, "attempts")?,
            event: recorded(row)?,
        })
    });
    Ok((due.collect::<Result<_, _>>()?, next))
}

async fn failed(
    store: &Store,
    due: &Due,
    error: &SendError,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let failures = u32::try_from(due.attempts).unwrap_or_default() + 1;
    let why = error.to_string();
    match next_attempt(due.id, failures, now, error.retry_after()) {
        Some(at) => again(store, due.id, at, &why).await,
        None => ended(store, due.id, "parked", Some(&why), now).await,
    }
}

/// A delivery is tried again.
pub(crate) async fn again(
    store: &Store,
    id: Uuid,
    at: DateTime<Utc>,
    why: &str,
) -> Result<(), StoreError> {
    let mut client = store.client().await?;
    let tx = within(&mut client, store.tenant).await?;
    let statement = tx.prepare_cached(include_str!("hooks/again.sql")).await?;
    tx.execute(&statement, &[&store.tenant.0, &store.id.0, &id, &at, &why])
        .await?;
    tx.commit().await?;
    Ok(())
}

/// A delivery is done, or given up.
pub(crate) async fn ended(
    store: &Store,
    id: Uuid,
    state: &str,
    why: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut client = store.client().await?;
    let tx = within(&mut client, store.tenant).await?;
    let statement = tx.prepare_cached(include_str!("hooks/ended.sql")).await?;
    tx.execute(
        &statement,
        &[&store.tenant.0, &store.id.0, &id, &state, &why, &now],
    )
    .await?;
    tx.commit().await?;
    Ok(())
}
