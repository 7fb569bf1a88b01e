//! One leader of all integrations, each with a task, a place and a pace of its own.

mod carrier;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bus::{Subscription, SubscriptionError};
use contract::LogBacklog;
use deadpool_postgres::Object;
use domain::ids::{IntegrationId, TenantId};
use event_log::Reader;
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep},
};
use uuid::Uuid;

use crate::{
    context::Context,
    store::{Store, StoreError, client, column, within},
};

/// Held by the one that leads. A number of our own; nobody else may take it.
const LEADER_LOCK: i64 = 0x696e_7467_6c65_6164;
/// Between two tries to lead: a leader that is gone is missed for no longer.
const STAND_BY: Duration = Duration::from_millis(250);
/// Between two looks whether one still leads.
const LEAD_EVERY: Duration = Duration::from_secs(1);
/// The log is searched for integrations so often, should no message tell of one.
const DIRECTORY_EVERY: Duration = Duration::from_secs(5);
/// Messages that are taken at a time: each only wakes.
const WAKES_MAX: usize = 1_000;
/// Events of integrations that are read at a time.
const DIRECTORY_PAGE: i64 = 500;

type Tasks = BTreeMap<(TenantId, IntegrationId), Arc<Notify>>;

/// Runs until it is told to stop. What fails is tried again; nothing that was begun is lost.
pub async fn run(context: Context) {
    let stop = context.stop.clone();
    let led = async {
        loop {
            match lead(&context).await {
                Ok(()) => {}
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "integrations are led anew"
                    );
                }
            }
            sleep(STAND_BY).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = led => {}
    }
}

/// Leads, once nobody else does, until that is no longer sure. All tasks end with it.
async fn lead(context: &Context) -> Result<(), StoreError> {
    let object = client(&context.pool).await?;
    let locked: bool = object
        .query_one("select pg_try_advisory_lock($1)", &[&LEADER_LOCK])
        .await?
        .try_get(0)?;
    if !locked {
        return Ok(());
    }
    // Out of the pool: the lock ends with the session, and the session with this.
    let session = Object::take(object);
    tracing::info!("this process carries out integrations");
    let mut tasks = Tasks::new();
    let mut set = JoinSet::new();
    let mut wakes = wakes(context).await?;
    let mut look = interval(LEAD_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut directory = interval(DIRECTORY_EVERY);
    directory.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = look.tick() => {
                session.query_one("select 1", &[]).await?;
            }
            _ = directory.tick() => start(context, &mut tasks, &mut set).await?,
            Some(ended) = set.join_next() => {
                if let Ok(key) = ended {
                    tasks.remove(&key);
                }
            }
            woken = wakes.next_batch(WAKES_MAX, Duration::ZERO) => match woken {
                Ok(messages) => {
                    let mut is_new = false;
                    for message in &messages {
                        is_new |= message.subject.ends_with(".integration_added");
                        wake(&tasks, &message.subject);
                    }
                    if is_new {
                        start(context, &mut tasks, &mut set).await?;
                    }
                }
                Err(SubscriptionError::Log(error)) => {
                    tracing::debug!(%error, "no wakes for now");
                    sleep(LEAD_EVERY).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "wakes begin anew");
                    wakes = self::wakes(context).await?;
                    tasks.values().for_each(|task| task.notify_one());
                }
            }
        }
    }
}

/// From now on: what was before is in the ledgers, where each task begins.
async fn wakes(context: &Context) -> Result<Subscription, StoreError> {
    let reader = Reader::new(context.pool.clone());
    let head = reader.head().await?.map_or(0, |(sequence, _)| sequence);
    let head = u64::try_from(head).unwrap_or_default();
    let backlog = Arc::new(LogBacklog::new(reader));
    Ok(Subscription::from(context.bus.clone(), backlog, head))
}

fn wake(tasks: &Tasks, subject: &str) {
    let tenant = subject
        .split('.')
        .nth(1)
        .and_then(|id| Uuid::parse_str(id).ok());
    let Some(tenant) = tenant.map(TenantId) else {
        return;
    };
    let first = (tenant, IntegrationId(Uuid::nil()));
    let of_tenant = tasks
        .range(first..)
        .take_while(|((of, _), _)| *of == tenant);
    of_tenant.for_each(|(_, task)| task.notify_one());
}

/// Starts a task for each integration that has none.
async fn start(
    context: &Context,
    tasks: &mut Tasks,
    set: &mut JoinSet<(TenantId, IntegrationId)>,
) -> Result<(), StoreError> {
    while search(context).await? {}
    let client = client(&context.pool).await?;
    let rows = client
        .query(
            "select tenant_id, integration_id from integration.subscribers()",
            &[],
        )
        .await?;
    for row in &rows {
        let tenant = TenantId(column(row, "tenant_id")?);
        let id = IntegrationId(column(row, "integration_id")?);
        tasks.entry((tenant, id)).or_insert_with(|| {
            let wake = Arc::new(Notify::new());
            let store = Store {
                pool: context.pool.clone(),
                tenant,
                id,
            };
            let (context, waked) = (context.clone(), Arc::clone(&wake));
            set.spawn(async move {
                carrier::carry(context, store, waked).await;
                (tenant, id)
            });
            wake
        });
    }
    Ok(())
}

/// Takes up a page of what the log says of new integrations. Answers whether there may be more.
async fn search(context: &Context) -> Result<bool, StoreError> {
    let mut client = client(&context.pool).await?;
    let head: Option<i64> = client
        .query_opt("select sequence from log.head()", &[])
        .await?
        .map(|row| row.try_get(0))
        .transpose()?;
    let after: i64 = client
        .query_one("select sequence from integration.directory", &[])
        .await?
        .try_get(0)?;
    let Some(head) = head.filter(|head| *head > after) else {
        return Ok(false);
    };
    let rows = client
        .query(
            include_str!("run/added.sql"),
            &[&after, &head, &DIRECTORY_PAGE],
        )
        .await?;
    let is_page = i64::try_from(rows.len()).unwrap_or_default() >= DIRECTORY_PAGE;
    let mut reached = head;
    for row in &rows {
        let sequence: i64 = column(row, "sequence")?;
        let tenant = TenantId(column(row, "tenant_id")?);
        let id: Uuid = column(row, "stream_id")?;
        let entry: i64 = column(row, "entry")?;
        let version: i16 = column(row, "schema_version")?;
        let payload: String = column(row, "payload")?;
        let event = contract::decode("IntegrationAdded", version, &payload)?;
        let domain::Event::IntegrationAdded { config } = event else {
            continue;
        };
        // A webhook is told what comes; the rest begins with what stands.
        let from = match config.kind {
            domain::integration::IntegrationKind::Webhook => entry,
            _ => 0,
        };
        let tx = within(&mut client, tenant).await?;
        tx.execute(
            include_str!("run/subscribe.sql"),
            &[&tenant.0, &id, &config.kind.as_str(), &from],
        )
        .await?;
        tx.commit().await?;
        if is_page {
            reached = sequence;
        }
    }
    client
        .execute(
            "update integration.directory set sequence = greatest(sequence, $1)",
            &[&reached],
        )
        .await?;
    Ok(is_page)
}
