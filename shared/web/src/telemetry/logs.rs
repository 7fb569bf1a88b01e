//! The process's log, on standard error.

use std::io;

use tracing_subscriber::{
    EnvFilter,
    filter::ParseError,
    fmt,
    layer::SubscriberExt,
    util::{SubscriberInitExt, TryInitError},
};

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people at a terminal.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// Why the log could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// The filter's syntax is wrong.
    #[error("the log filter can't be read; it looks like `info,seatledger=debug`")]
    Filter(#[source] ParseError),
    /// The process has a log already.
    #[error("the log could not be set up")]
    Init(#[source] TryInitError),
}

/// Sends what the process logs to standard error. Once a process, in `main`; `filter` in the syntax of
/// `tracing_subscriber`'s `EnvFilter`.
///
/// # Errors
/// If the filter can't be read, or the process has a log already.
pub fn init_logs(filter: &str, format: LogFormat) -> Result<(), LogsError> {
    let filter = EnvFilter::try_new(filter).map_err(LogsError::Filter)?;
    let registry = tracing_subscriber::registry().with(filter);
    let lines = fmt::layer().with_writer(io::stderr);
    match format {
        LogFormat::Text => registry.with(lines).try_init(),
        LogFormat::Json => registry.with(lines.json()).try_init(),
    }
    .map_err(LogsError::Init)
}
