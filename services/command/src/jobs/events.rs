//! A job as it goes on.

use std::{convert::Infallible, time::Duration};

use axum::response::sse::Event;
use domain::access::Principal;
use futures_util::{Stream, stream};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::job::Rows;
use crate::{
    bulk::{Slot, Slots},
    state::State,
};

/// Jobs that are followed at once, by all accounts and by one.
const FOLLOWED_MAX: (usize, usize) = (256, 16);

/// How often a job is looked at. Its checkpoints come some times a second.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A comment as often as this tells proxies that the connection lives.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Looks after which a token is looked at again, so that a revoked one follows nothing for long.
const LOOKS_PER_TOKEN: u32 = 10;

/// How far a job came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportProgress)]
pub(super) struct Progress {
    /// `queued`, `running`, `done`, `failed` or `cancelled`.
    state: String,
    /// How far it came.
    rows: Rows,
    /// Why it failed, or what it waits for.
    why: Option<String>,
}

/// Places for those who follow.
pub(super) fn places() -> Slots {
    Slots::new(FOLLOWED_MAX.0, FOLLOWED_MAX.1)
}

struct Follower {
    state: State,
    principal: Principal,
    job: Uuid,
    told: Option<Progress>,
    ended: bool,
    looks: u32,
    _place: Slot,
}

/// An event whenever the job came further, until it ended.
pub(super) fn follow(
    state: State,
    principal: Principal,
    job: Uuid,
    place: Slot,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let follower = Follower {
        state,
        principal,
        job,
        told: None,
        ended: false,
        looks: 0,
        _place: place,
    };
    stream::unfold(follower, async |mut follower| {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    })
}

impl Follower {
    /// None ends the stream: the client comes again, and is told then what is wrong.
    async fn next(&mut self) -> Option<Event> {
        if self.ended {
            return None;
        }
        loop {
            self.looks += 1;
            if self.looks.is_multiple_of(LOOKS_PER_TOKEN) {
                let principal = self.principal.clone();
                self.state.check_token(principal).await.ok()?;
            }
            let (jobs, _) = self.state.imports()?;
            let job = jobs.find(self.principal.tenant, self.job).await.ok()??;
            self.ended = job.has_ended();
            let progress = Progress {
                state: job.state,
                rows: job.rows,
                why: job.why,
            };
            if self.told.as_ref() != Some(&progress) {
                let event = Event::default().event("progress").json_data(&progress).ok();
                self.told = Some(progress);
                return event;
            }
            if self.ended {
                return None;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
