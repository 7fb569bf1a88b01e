use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// One event as the log holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its place in the log: 1, 2, 3 … without a gap, over all tenants.
    pub sequence: i64,
    /// Whose ledger it is an entry of.
    pub tenant_id: Uuid,
    /// Its place in the tenant's ledger: 1, 2, 3 … without a gap.
    pub entry: i64,
    /// The subject that it is about.
    pub stream_id: Uuid,
    /// Its place in the stream: 1, 2, 3 … without a gap.
    pub version: i32,
    /// Names this event for ever (UUID v7), also after a restore gave its sequence to another.
    pub event_id: Uuid,
    /// What happened, in the past tense, as the decider's `encode` named it.
    pub event_type: String,
    /// The version of the payload's schema when it was written; older ones are upcast when read.
    pub schema_version: i16,
    /// The company that it concerns, if there is one.
    pub company_id: Option<Uuid>,
    /// The payload's JSON, byte for byte as it was written.
    pub payload: String,
    /// Who, why, through which request: JSON, byte for byte as it was written.
    pub metadata: String,
    /// The day that it is true for.
    pub effective_on: NaiveDate,
    /// When it was recorded, in whole microseconds; never earlier than the event before it.
    pub recorded_at: DateTime<Utc>,
}
