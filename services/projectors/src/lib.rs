//! The runtime that feeds the read models: follows the bus, repairs from the log, rebuilds what must be rebuilt.
//!
//! [`run`] keeps any number of models with one subscription, one decoding and one transaction a batch; each
//! can run alone in a process of its own. [`rebuild`] builds models anew beside the live ones.
#![warn(missing_docs)]

mod backoff;
mod context;
mod follow;
mod health;
mod rebuild;
mod run;

pub use context::Context;
pub use health::{Health, ModelReport, Standing, State};
pub use read_models::{Halted, Model, OnStage, Rebuilt, Sources, Stage, rebuild};
pub use run::run;
