//! Reads the log from its beginning, a page ahead of who folds it.

use event_log::Recorded;
use tokio::sync::mpsc;

use crate::{error::Error, log::Log};

/// Events that are read at once; the reader's own bound.
const PAGE: usize = 1_000;
/// Pages read ahead: enough to keep the fold busy, a few megabytes.
const PAGES_AHEAD: usize = 8;

pub(super) type Pages = mpsc::Receiver<Result<Vec<Recorded>, Error>>;

/// Starts reading. Ends with the log's end as it is then, or with an error.
pub(super) fn pages(log: Log) -> Pages {
    let (sender, pages) = mpsc::channel(PAGES_AHEAD);
    tokio::spawn(async move {
        let mut after = 0;
        loop {
            let page = log.reader.read_after(after, PAGE).await;
            let last = page
                .as_ref()
                .ok()
                .and_then(|page| page.last().map(|event| event.sequence));
            let ended = page.as_ref().map_or(true, |page| page.len() < PAGE);
            if last.is_none() && page.is_ok()
                || sender.send(page.map_err(Error::from)).await.is_err()
                || ended
            {
                return;
            }
            after = last.unwrap_or(after);
        }
    });
    pages
}
