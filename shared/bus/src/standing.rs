//! How the stream stands to the log: the comparison on which relay and subscription both rely.

use crate::Bus;
use crate::message::{Backlog, BacklogError, Position};
use crate::stream::{StreamError, StreamState};

/// What a look at the stream and then at the log has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// There is no stream.
    Missing,
    /// The stream is the log up to here, and goes on from here. `behind` counts what it still lacks.
    Agrees {
        state: StreamState,
        position: Position,
        behind: u64,
    },
    /// The stream has taken more than the log holds: the log went back in time.
    Ahead { stream: u64, log: u64 },
    /// At this sequence stream and log hold different events: the log went back and then on.
    Forked { sequence: u64 },
}

/// Looking failed; says nothing about the standing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookError {
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error(transparent)]
    Log(#[from] BacklogError),
}

/// Looks at the stream first and the log second: what a relay published in between was in the log before.
pub(crate) async fn look(bus: &Bus, backlog: &dyn Backlog) -> Result<Standing, LookError> {
    let Some(stream) = bus.stream().await? else {
        return Ok(Standing::Missing);
    };
    let info = &stream.cached_info().state;
    let state = StreamState {
        first_sequence: info.first_sequence,
        last_sequence: info.last_sequence,
        messages: info.messages,
        bytes: info.bytes,
    };
    let stored = if state.messages == 0 {
        None
    } else {
        bus.last_stored(&stream).await?
    };
    let last = state
        .last_sequence
        .max(stored.map_or(0, |stored| stored.sequence));
    let head = backlog.head().await?.map_or(0, |(sequence, _)| sequence);
    if last > head {
        return Ok(Standing::Ahead {
            stream: last,
            log: head,
        });
    }
    // An emptied stream (by age, by a purge) can hold no other history than the log's.
    if let Some(stored) = stored
        && event_at(backlog, stored.sequence).await?.event_id != stored.event_id
    {
        return Ok(Standing::Forked {
            sequence: stored.sequence,
        });
    }
    let position = event_at(backlog, last).await?;
    Ok(Standing::Agrees {
        state,
        position,
        behind: head - last,
    })
}

/// The log's event of that sequence; without an identity if the log does not hold it.
pub(crate) async fn event_at(
    backlog: &dyn Backlog,
    sequence: u64,
) -> Result<Position, BacklogError> {
    let unknown = Position {
        sequence,
        event_id: None,
    };
    if sequence == 0 {
        return Ok(unknown);
    }
    let page = backlog.read_after(sequence - 1, 1).await?;
    Ok(page
        .first()
        .filter(|message| message.sequence == sequence)
        .map_or(unknown, Position::of))
}
