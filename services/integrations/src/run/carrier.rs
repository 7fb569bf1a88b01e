//! One integration: takes up the ledger, acts on what is done to the integration, and carries out what is due.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use domain::integration::{Integration, IntegrationKind, Mode};
use event_log::Recorded;
use serde::{Serialize, de::DeserializeOwned};
use tokio::{sync::Notify, time::timeout};

use crate::{
    connect::{ConnectError, Hook, Post},
    context::Context,
    follow::Follower,
    health::{Budget, Health, Pace},
    hooks, post,
    psa::Psa,
    store::{Store, StoreError, Subscriber, folded, within},
    ticket::work::{Round, Work},
    trial::setup,
    webhook::schedule,
};

/// After a failure of our own, doubled at each …
const TROUBLE_FIRST: Duration = Duration::from_millis(200);
/// … up to this.
const TROUBLE_MAX: Duration = Duration::from_secs(15);
/// Pages of the ledger between two looks at what is due, so that neither waits for the other.
const PAGES_AT_ONCE: usize = 10;

enum Way {
    Psa(Arc<dyn Psa>),
    Hook(Hook),
    Post(Post),
    /// The settings don't serve.
    Closed(String),
}

struct Carrier {
    context: Context,
    store: Store,
    /// The integration's own stream.
    events: Vec<Recorded>,
    way: Option<Way>,
    pace: Pace,
}

/// What follows.
enum Next {
    AtOnce,
    At(Option<DateTime<Utc>>),
    Over,
}

/// Carries out one integration until it is removed.
pub(super) async fn carry(context: Context, store: Store, wake: Arc<Notify>) {
    let mut carrier = Carrier {
        context,
        store,
        events: Vec::new(),
        way: None,
        pace: Pace::default(),
    };
    let mut trouble = TROUBLE_FIRST;
    loop {
        let wait = match carrier.pass().await {
            Ok(Next::Over) => return,
            Ok(Next::AtOnce) => {
                trouble = TROUBLE_FIRST;
                continue;
            }
            Ok(Next::At(at)) => {
                trouble = TROUBLE_FIRST;
                let now = carrier.context.commands.now();
                let most = carrier.context.look_every;
                at.map_or(most, |at| (at - now).to_std().unwrap_or_default().min(most))
            }
            Err(error) => {
                tracing::warn!(
                    integration = %carrier.store.id,
                    error = &error as &dyn std::error::Error,
                    "an integration stumbled and goes on"
                );
                let wait = trouble;
                trouble = (trouble * 2).min(TROUBLE_MAX);
                tokio::time::sleep(wait).await;
                continue;
            }
        };
        let _ = timeout(wait, wake.notified()).await;
    }
}

impl Carrier {
    async fn pass(&mut self) -> Result<Next, StoreError> {
        let Some(mut subscriber) = self.store.subscriber().await? else {
            return Ok(Next::Over);
        };
        let known = self.events.last().map_or(0, |event| event.version);
        let new = self.store.stream(known).await?;
        if !new.is_empty() {
            self.way = None;
            self.events.extend(new);
        }
        // What was done to it is acted on at its place in the ledger.
        if let Some(at) = self
            .events
            .iter()
            .position(|event| event.version > subscriber.version)
        {
            let (before, event) = (&self.events[..at.max(1)], &self.events[at]);
            let Some(as_it_was) = folded(before)? else {
                return Ok(Next::At(None));
            };
            if as_it_was.mode != Mode::Paused {
                let reached = self
                    .follow(&as_it_was, subscriber.entry, Some(event.entry))
                    .await?;
                if reached < event.entry {
                    return Ok(Next::AtOnce);
                }
            }
            let Some(as_it_is) = folded(&self.events[..=at])? else {
                return Ok(Next::At(None));
            };
            self.follower(&as_it_is, true).act(event).await?;
            return Ok(Next::AtOnce);
        }
        let Some(integration) = folded(&self.events)? else {
            return Ok(Next::At(None));
        };
        if integration.mode == Mode::Paused {
            return Ok(Next::At(None));
        }
        let reached = self.follow(&integration, subscriber.entry, None).await?;
        let more = reached > subscriber.entry;
        subscriber.entry = reached;
        if integration.mode != Mode::On {
            return Ok(if more { Next::AtOnce } else { Next::At(None) });
        }
        let next = self.work(&integration, &subscriber).await?;
        Ok(match (more, next) {
            (true, Next::At(_)) => Next::AtOnce,
            (_, next) => next,
        })
    }

    fn follower<'a>(&'a self, integration: &'a Integration, look_first: bool) -> Follower<'a> {
        Follower {
            store: &self.store,
            names: self.context.names.as_ref(),
            integration,
            now: self.context.commands.now(),
            look_first,
        }
    }

    async fn follow(
        &self,
        integration: &Integration,
        after: i64,
        until: Option<i64>,
    ) -> Result<i64, StoreError> {
        let mut reached = after;
        for _ in 0..PAGES_AT_ONCE {
            let page = self
                .follower(integration, false)
                .page(reached, until)
                .await?;
            if page == reached {
                break;
            }
            reached = page;
        }
        Ok(reached)
    }

    async fn work(
        &mut self,
        integration: &Integration,
        subscriber: &Subscriber,
    ) -> Result<Next, StoreError> {
        if self.way.is_none() {
            self.way = Some(self.connect(integration).await?);
        }
        let (store, context) = (&self.store, &self.context);
        match &self.way {
            None => Ok(Next::At(None)),
            Some(Way::Closed(why)) => {
                let health: Health = read(subscriber);
                self.save(&health, Some(why.clone())).await?;
                Ok(Next::At(None))
            }
            Some(Way::Psa(psa)) => {
                let mut health: Health = read(subscriber);
                let mut budget = Budget {
                    hour: subscriber.calls_hour,
                    calls: u32::try_from(subscriber.calls).unwrap_or_default(),
                };
                let mut work = Work {
                    context,
                    store,
                    integration,
                    psa: Arc::clone(psa),
                    limits: psa.limits(),
                    health: &mut health,
                    budget: &mut budget,
                    pace: &mut self.pace,
                };
                let round = work.round().await;
                let held = health
                    .open_until
                    .is_some_and(|until| until > context.commands.now());
                let why = match &round {
                    Ok(Round::Paused(why)) => {
                        tracing::error!(integration = %store.id, why, "an integration is paused until its credentials are mended");
                        Some(why.clone())
                    }
                    _ if held => subscriber.paused_because.clone(),
                    _ => None,
                };
                self.save(&health, why).await?;
                Ok(match round? {
                    Round::More => Next::AtOnce,
                    Round::Until(until) => Next::At(until),
                    Round::Paused(_) => Next::At(health.open_until),
                })
            }
            Some(Way::Hook(hook)) => {
                let health: schedule::Health = read(subscriber);
                let (health, next) = hooks::round(context, store, hook, health).await?;
                let why = hooks::disabled(&health);
                self.save(&health, why).await?;
                Ok(next.map_or(Next::AtOnce, Next::At))
            }
            Some(Way::Post(post)) => {
                let mut health: Health = read(subscriber);
                let (why, next) =
                    post::round(context, store, integration, post, subscriber, &mut health).await?;
                self.save(&health, why).await?;
                Ok(next.map_or(Next::AtOnce, Next::At))
            }
        }
    }

    async fn connect(&self, integration: &Integration) -> Result<Way, StoreError> {
        let setup = setup(&self.context, self.store.tenant, integration).await?;
        let connector = &self.context.connector;
        let way = match integration.config.kind {
            IntegrationKind::Webhook => connector.hook(&setup).map(Way::Hook),
            IntegrationKind::Email => connector.post(&setup).map(Way::Post),
            _ => connector.psa(&setup).map(Way::Psa),
        };
        Ok(way.unwrap_or_else(|ConnectError(why)| Way::Closed(why)))
    }

    async fn save<H: Serialize + Sync>(
        &self,
        health: &H,
        why: Option<String>,
    ) -> Result<(), StoreError> {
        let health = serde_json::to_value(health)?;
        let mut client = self.store.client().await?;
        let tx = within(&mut client, self.store.tenant).await?;
        let statement = tx.prepare_cached(include_str!("health.sql")).await?;
        tx.execute(
            &statement,
            &[&self.store.tenant.0, &self.store.id.0, &health, &why],
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// What was kept of how it fares; as if nothing was, if an older release kept it otherwise.
fn read<H: DeserializeOwned + Default>(subscriber: &Subscriber) -> H {
    serde_json::from_value(subscriber.health.clone()).unwrap_or_default()
}
