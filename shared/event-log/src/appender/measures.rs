//! What the append task counts.

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

const BATCH_COMMANDS: &str = "event_log_batch_commands";
const BATCH_EVENTS: &str = "event_log_batch_events";
const COMMITS: &str = "event_log_commits_total";
const CONFLICTS: &str = "event_log_conflicts_total";
const WAITING: &str = "event_log_queue_commands";

pub(super) fn describe() {
    describe_histogram!(BATCH_COMMANDS, Unit::Count, "Commands decided together");
    describe_histogram!(BATCH_EVENTS, Unit::Count, "Events written by one statement");
    describe_counter!(COMMITS, Unit::Count, "Statements that wrote events");
    describe_counter!(
        CONFLICTS,
        Unit::Count,
        "Batches decided again because another writer was faster"
    );
    describe_gauge!(WAITING, Unit::Count, "Commands that wait to be decided");
}

pub(super) fn decided(commands: usize) {
    histogram!(BATCH_COMMANDS).record(commands as f64);
}

pub(super) fn written(events: usize) {
    counter!(COMMITS).increment(1);
    histogram!(BATCH_EVENTS).record(events as f64);
}

pub(super) fn lost() {
    counter!(CONFLICTS).increment(1);
}

pub(super) fn waiting(commands: usize) {
    gauge!(WAITING).set(commands as f64);
}
