//! The envelope on the bus: CloudEvents 1.0, structured JSON.
//!
//! `id` is the event's id, `source` the ledger, `subject` the stream, `time` when it was recorded, `type` is
//! `seatledger.` and the type's name in the log, `data` the payload byte for byte. Extensions: `sequence` and
//! `entry` are texts, since an integer of CloudEvents has 32 bits; `version` and `schemaversion` are integers;
//! `effectiveon` is the day from which it is true; `companyid` is left out where there is none; `metadata`
//! is JSON in a text, which keeps its bytes.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use event_log::Recorded;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

const SOURCE_PREFIX: &str = "/ledger/";
const TYPE_PREFIX: &str = "seatledger.";

/// Why an envelope can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// The payload is no JSON.
    #[error("the payload is no JSON")]
    Payload(#[source] serde_json::Error),
    /// The message is no CloudEvent with our attributes.
    #[error("the message is no CloudEvent of a ledger")]
    Malformed(#[source] serde_json::Error),
    /// An attribute has a value that we never write.
    #[error("the attribute {0} has an unexpected value")]
    Attribute(&'static str),
}

#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    specversion: Cow<'a, str>,
    id: Uuid,
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    subject: Uuid,
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    datacontenttype: Cow<'a, str>,
    #[serde(borrow)]
    sequence: Cow<'a, str>,
    #[serde(borrow)]
    entry: Cow<'a, str>,
    version: i32,
    tenantid: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    companyid: Option<Uuid>,
    schemaversion: i16,
    effectiveon: NaiveDate,
    #[serde(borrow)]
    metadata: Cow<'a, str>,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// The message that carries an event.
///
/// # Errors
/// [`EnvelopeError::Payload`], which no event from the log meets: its column holds JSON alone.
pub fn cloud_event(recorded: &Recorded) -> Result<Vec<u8>, EnvelopeError> {
    let envelope = Envelope {
        specversion: "1.0".into(),
        id: recorded.event_id,
        source: format!("{SOURCE_PREFIX}{}", recorded.tenant_id).into(),
        r#type: format!("{TYPE_PREFIX}{}", recorded.event_type).into(),
        subject: recorded.stream_id,
        time: recorded
            .recorded_at
            .to_rfc3339_opts(SecondsFormat::Micros, true)
            .into(),
        datacontenttype: "application/json".into(),
        sequence: recorded.sequence.to_string().into(),
        entry: recorded.entry.to_string().into(),
        version: recorded.version,
        tenantid: recorded.tenant_id,
        companyid: recorded.company_id,
        schemaversion: recorded.schema_version,
        effectiveon: recorded.effective_on,
        metadata: recorded.metadata.as_str().into(),
        data: serde_json::from_str(&recorded.payload).map_err(EnvelopeError::Payload)?,
    };
    serde_json::to_vec(&envelope).map_err(EnvelopeError::Payload)
}

/// The event that a message carries, payload and metadata byte for byte.
///
/// # Errors
/// [`EnvelopeError`].
pub fn parse_cloud_event(message: &[u8]) -> Result<Recorded, EnvelopeError> {
    let envelope: Envelope<'_> =
        serde_json::from_slice(message).map_err(EnvelopeError::Malformed)?;
    if envelope.specversion != "1.0" {
        return Err(EnvelopeError::Attribute("specversion"));
    }
    let event_type = envelope
        .r#type
        .strip_prefix(TYPE_PREFIX)
        .ok_or(EnvelopeError::Attribute("type"))?
        .to_owned();
    let recorded_at: DateTime<Utc> = envelope
        .time
        .parse()
        .map_err(|_| EnvelopeError::Attribute("time"))?;
    Ok(Recorded {
        sequence: envelope
            .sequence
            .parse()
            .map_err(|_| EnvelopeError::Attribute("sequence"))?,
        tenant_id: envelope.tenantid,
        entry: envelope
            .entry
            .parse()
            .map_err(|_| EnvelopeError::Attribute("entry"))?,
        stream_id: envelope.subject,
        version: envelope.version,
        event_id: envelope.id,
        event_type,
        schema_version: envelope.schemaversion,
        company_id: envelope.companyid,
        payload: envelope.data.get().to_owned(),
        metadata: envelope.metadata.into_owned(),
        effective_on: envelope.effectiveon,
        recorded_at,
    })
}
