//! Reading on in the log from a known event, which must still be there.

use crate::message::{Backlog, BacklogError, Message, Position};

/// Why the log could not be read on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Log(#[from] BacklogError),
    #[error("the log no longer holds event {sequence} as it was seen: it was set back")]
    WentBack { sequence: u64 },
    #[error("the log answered event {found} where {wanted} was due")]
    OutOfOrder { wanted: u64, found: u64 },
}

/// Events that follow a position.
#[derive(Debug)]
pub(crate) struct Page {
    /// Without a gap.
    pub(crate) messages: Vec<Message>,
    /// The position itself, its identity learned if it was not known.
    pub(crate) from: Position,
}

/// Reads up to `limit` events after `from`, and the event at `from` with them: one row more a page shows
/// a log that was set back (and perhaps grew again) at the first read after it.
pub(crate) async fn read_on(
    backlog: &dyn Backlog,
    from: Position,
    limit: usize,
) -> Result<Page, ReadError> {
    if from.sequence == 0 {
        let messages = backlog.read_after(0, limit).await?;
        in_order(&messages, 1)?;
        return Ok(Page { messages, from });
    }
    let mut messages = backlog.read_after(from.sequence - 1, limit + 1).await?;
    let found = messages.first().map(Position::of);
    let there = found.filter(|found| {
        found.sequence == from.sequence && from.event_id.is_none_or(|id| found.event_id == Some(id))
    });
    let Some(from) = there else {
        return Err(ReadError::WentBack {
            sequence: from.sequence,
        });
    };
    messages.remove(0);
    in_order(&messages, from.sequence + 1)?;
    Ok(Page { messages, from })
}

fn in_order(messages: &[Message], first: u64) -> Result<(), ReadError> {
    for (message, wanted) in messages.iter().zip(first..) {
        if message.sequence != wanted {
            return Err(ReadError::OutOfOrder {
                wanted,
                found: message.sequence,
            });
        }
    }
    Ok(())
}
