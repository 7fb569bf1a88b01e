use contract::{DecodeError, Metadata, MetadataError};
use domain::Fact;
use event_log::Recorded;

/// An event of the log, read.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) recorded: Recorded,
    pub(crate) fact: Fact,
    pub(crate) metadata: Metadata,
}

/// An event can't be read by this release: it halts its tenant.
#[derive(Debug, thiserror::Error)]
#[error("entry {entry} ({event_type}) can't be read")]
pub struct Unreadable {
    /// The entry of its tenant's ledger.
    pub entry: i64,
    /// What happened, as the log names it.
    pub event_type: String,
    /// Which part of it.
    #[source]
    pub source: UnreadablePart,
}

/// What of an event can't be read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadablePart {
    /// What happened.
    #[error(transparent)]
    Payload(#[from] DecodeError),
    /// Who did it.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
}

impl Entry {
    pub(crate) fn read(recorded: Recorded) -> Result<Self, Unreadable> {
        let parts = contract::fact(&recorded)
            .map_err(UnreadablePart::from)
            .and_then(|fact| {
                Ok((
                    fact,
                    Metadata::parse(&recorded.metadata).map_err(UnreadablePart::from)?,
                ))
            });
        match parts {
            Ok((fact, metadata)) => Ok(Self {
                recorded,
                fact,
                metadata,
            }),
            Err(source) => Err(Unreadable {
                entry: recorded.entry,
                event_type: recorded.event_type,
                source,
            }),
        }
    }
}
