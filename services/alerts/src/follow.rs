//! Takes up events as they come.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bus::Subscription;
use contract::LogBacklog;
use event_log::{Reader, Recorded};
use futures_util::{StreamExt, TryStreamExt, stream};
use uuid::Uuid;

use crate::{
    Context,
    accounts::Accounts,
    error::{Trouble, told},
    review::Reviewer,
    touched::Touched,
};

/// Events that are looked at together.
const BATCH_EVENTS_MAX: usize = 1_000;
/// How long a batch waits for more: what changes together is reviewed once.
const LINGER: Duration = Duration::from_millis(3);
/// Accounts at work at once.
const ACCOUNTS_AT_ONCE: usize = 8;

pub(crate) async fn follow(context: &Context) -> Result<(), Trouble> {
    let accounts = Accounts::new(context.own.clone());
    let reviewer = Reviewer::new(context.clone());
    let reader = Reader::new(context.log.clone());
    let after = u64::try_from(accounts.checkpoint().await?).unwrap_or(0);
    let backlog = Arc::new(LogBacklog::new(reader.clone()));
    let mut subscription = Subscription::from(context.bus.clone(), backlog, after);
    loop {
        let messages = subscription.next_batch(BATCH_EVENTS_MAX, LINGER).await?;
        let mut by_tenant: BTreeMap<Uuid, Touched> = BTreeMap::new();
        let mut last = None;
        for message in &messages {
            for event in read(message, &reader).await? {
                by_tenant.entry(event.tenant_id).or_default().take(&event);
                last = Some((event.sequence, event.event_id));
            }
        }
        stream::iter(by_tenant)
            .map(|(tenant, touched)| {
                let (accounts, reviewer) = (&accounts, &reviewer);
                async move { look(accounts, reviewer, tenant, &touched).await }
            })
            .buffer_unordered(ACCOUNTS_AT_ONCE)
            .try_collect::<()>()
            .await?;
        if let Some((sequence, event_id)) = last {
            accounts.come_to(sequence, event_id).await?;
        }
        context.health.set(None);
        metrics::counter!("alerts_events_total").increment(messages.len() as u64);
    }
}

/// An account whose read models are behind, or have stopped, holds up no other: it is swept later.
async fn look(
    accounts: &Accounts,
    reviewer: &Reviewer,
    tenant: Uuid,
    touched: &Touched,
) -> Result<(), Trouble> {
    if touched.is_nothing() {
        return Ok(());
    }
    let reviewed = reviewer.touched(tenant, touched).await;
    let behind = match &reviewed {
        Ok(()) => false,
        Err(error) if error.is_of_one_account() => {
            tracing::warn!(%tenant, reason = told(error), "an account is looked at later");
            true
        }
        Err(_) => return reviewed,
    };
    let everything = touched.everything || behind;
    if everything || touched.due_at.is_some() {
        accounts.note(tenant, everything, touched.due_at).await?;
    }
    Ok(())
}

/// The event of a message. One that is no envelope is read from the log, which is the truth.
async fn read(message: &bus::Message, reader: &Reader) -> Result<Vec<Recorded>, Trouble> {
    match contract::parse_cloud_event(&message.body) {
        Ok(event) => Ok(vec![event]),
        Err(error) => {
            tracing::warn!(
                sequence = message.sequence,
                reason = told(&error),
                "a message is no event"
            );
            let before = i64::try_from(message.sequence).unwrap_or(1) - 1;
            Ok(reader.read_after(before, 1).await?)
        }
    }
}
