//! A review as a file.

use std::{sync::Arc, time::Duration};

use axum::response::{IntoResponse, Response};
use reports::{Document, render_pdf, render_xlsx};
use tokio::{sync::Semaphore, time::timeout};
use web::{
    headers::Entry,
    problem::{Kind, Problem},
};

use super::ReviewFormat;
use crate::export::attachment;

/// Documents that are rendered at a time. Each takes a processor for as long as it lasts.
const AT_ONCE: usize = 2;
/// How long a request waits for its turn, rather than be refused since two others came first.
const TURN: Duration = Duration::from_secs(5);

/// Turns to render, of one service.
#[derive(Debug, Clone)]
pub(super) struct Press(Arc<Semaphore>);

impl Press {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }

    /// Renders where blocking is allowed. Who goes away leaves a rendering behind that still counts as one.
    pub(super) async fn render(
        &self,
        document: Document,
        format: ReviewFormat,
        name: &str,
        entry: Entry,
    ) -> Result<Response, Problem> {
        let busy =
            || Problem::new(Kind::Busy).with_detail("too many documents are being made: try again");
        let turn = timeout(TURN, Arc::clone(&self.0).acquire_owned()).await;
        let turn = turn.map_err(|_| busy())?.map_err(|_| busy())?;
        let rendering = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            match format {
                ReviewFormat::Xlsx => render_xlsx(&document),
                _ => render_pdf(&document),
            }
        });
        let rendered = rendering.await.map_err(|error| Problem::internal(&error))?;
        let bytes = rendered.map_err(|error| Problem::internal(&error))?;
        let kind = match format {
            ReviewFormat::Xlsx => (
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                "xlsx",
            ),
            _ => ("application/pdf", "pdf"),
        };
        Ok(attachment(name, kind, (entry, bytes).into_response()))
    }
}
