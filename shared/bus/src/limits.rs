//! Every bound of this crate, with its unit and reason.

use std::time::Duration;

/// How many of the log's last events a stream made anew is filled with, at most. At 50,000 a second that
/// is 20 s of refilling; whoever is further behind reads Postgres, which is faster at ranges anyway.
pub const REFILL_EVENTS_MAX: u64 = 1_000_000;

/// Publishes awaiting their acknowledgement. Measured: 100 reach 40 k/s, 1,000 reach 54 k/s; 500 of the
/// largest envelopes (256 KiB) are 128 MiB that the server may have to buffer.
pub(crate) const PUBLISH_WINDOW: usize = 500;

/// Events read from the log at once.
pub(crate) const PAGE: usize = 500;

/// Events read at once by a subscription whose batches are larger than a page.
pub(crate) const PAGE_MAX: usize = 5_000;

/// Pause between two reads of a relay that is not behind: coalesces single events into pages, so that a
/// busy log does not cost a third of a core, and stays far below what a person notices.
pub(crate) const RELAY_LINGER: Duration = Duration::from_millis(3);

/// How long the relay trusts its wake channel before it looks by itself: events that another process
/// appended wake nobody here.
pub(crate) const RELAY_POLL: Duration = Duration::from_millis(100);

/// How often an idle relay asks the stream whether it still holds what was published: a deleted stream
/// or one set back tells nobody.
pub(crate) const INSPECT_EVERY: Duration = Duration::from_secs(2);

/// First and longest pause after a failure.
pub(crate) const BACKOFF_MIN: Duration = Duration::from_millis(50);
pub(crate) const BACKOFF_MAX: Duration = Duration::from_secs(2);

/// A relay that lost a race stands by, and looks this often whether the other still works.
pub(crate) const STANDBY_POLL: Duration = Duration::from_millis(500);

/// How long a relay that stands by leaves the other to publish an event before it does so itself; up to
/// twice that by chance, so that two which stand by do not start together.
pub(crate) const STANDBY_GRACE: Duration = Duration::from_millis(20);

/// Pause between the two looks that must agree before a stream is thrown away.
pub(crate) const SECOND_LOOK: Duration = Duration::from_millis(200);

/// Attempts to bring a stream into being before the trouble is reported and backed off from.
pub(crate) const AGREE_ROUNDS: usize = 4;

/// Messages sampled to guess how many events `max_bytes` will hold.
pub(crate) const SIZE_SAMPLE: usize = 200;

/// What JetStream's files add to a message: its record header and our headers, in bytes.
pub(crate) const MESSAGE_OVERHEAD_BYTES: u64 = 200;

/// Identities that the server remembers to drop a publish it has seen. An optimisation only (it saves a
/// round of resuming); the guarantee is the expected last sequence.
pub(crate) const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);

/// Wait for any answer of the server: an acknowledgement, a stream's state, a new consumer.
pub(crate) const ANSWER_WAIT: Duration = Duration::from_secs(3);

/// Wait for a TCP and NATS handshake.
pub(crate) const CONNECT_WAIT: Duration = Duration::from_secs(3);

/// Longest pause between two attempts to reconnect.
pub(crate) const RECONNECT_MAX: Duration = Duration::from_secs(1);

/// Ping interval: two unanswered ones end a half-open connection.
pub(crate) const PING_EVERY: Duration = Duration::from_secs(5);

/// Messages in flight from the server to one subscription: at the library's own 200, it waits for pulls.
pub(crate) const PULL_MESSAGES: usize = 2_000;

/// Bytes of messages in flight from the server to one subscription, beyond which the server waits.
pub(crate) const PULL_BYTES: usize = 4 * 1024 * 1024;

/// How long a pull stays open on the server, and how often it says that it lives.
pub(crate) const PULL_EXPIRES: Duration = Duration::from_secs(20);
pub(crate) const PULL_HEARTBEAT: Duration = Duration::from_secs(5);

/// The server removes a consumer that nobody pulls from: what a killed subscriber left behind.
pub(crate) const CONSUMER_INACTIVE: Duration = Duration::from_secs(60);

/// A subscription that got nothing new for this long compares itself with the log.
pub(crate) const STALL_CHECK: Duration = Duration::from_secs(1);

/// Checks in a row that find news of which the stream said nothing, until the consumer is made again.
pub(crate) const SILENT_CHECKS_MAX: u32 = 2;

/// How often a subscription reads the log while the stream can't serve it.
pub(crate) const LOG_POLL: Duration = Duration::from_millis(200);

/// How often it then tries the stream again.
pub(crate) const ATTACH_EVERY: Duration = Duration::from_secs(1);

/// A stream further behind the subscription than this is being refilled: not worth following yet.
pub(crate) const ATTACH_BEHIND_MAX: u64 = 1_000;
