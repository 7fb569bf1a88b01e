//! What operators see: logs, traces of requests, metrics. Never a body, a query string, a path's values or
//! a token: all of them may hold secrets.

mod logs;
mod metrics;
mod requests;

pub(crate) use self::requests::observe;
pub use self::{
    logs::{LogFormat, LogsError, init_logs},
    metrics::{Metrics, MetricsError},
    requests::{REQUEST_ID, RequestId},
};
