//! Events in, rows out: on a real Postgres.

mod faults;
mod generations;
mod history;
mod rows;
mod same;
mod stage;
mod walls;
