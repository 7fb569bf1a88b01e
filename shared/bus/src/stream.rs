//! The stream itself: its state, its making and unmaking.

use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::context::{
    CreateStreamError, DeleteStreamError, GetStreamError, UpdateStreamError,
};
use async_nats::jetstream::context::{CreateStreamErrorKind, GetStreamErrorKind};
use async_nats::jetstream::stream::{
    Config, DiscardPolicy, LastRawMessageError, LastRawMessageErrorKind, RetentionPolicy,
    StorageType, Stream,
};
use async_nats::jetstream::{ErrorCode, message::StreamMessage};
use uuid::Uuid;

use crate::Bus;
use crate::limits::DUPLICATE_WINDOW;

/// What the stream holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamState {
    /// The oldest message that is kept.
    pub first_sequence: u64,
    /// The newest message it ever took; 0 if none.
    pub last_sequence: u64,
    /// How many it keeps.
    pub messages: u64,
    /// Bytes of what it keeps.
    pub bytes: u64,
}

/// An operation on the stream failed.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// Its state was not told.
    #[error("the stream's state can't be read")]
    State(#[source] GetStreamError),
    /// Its last message was not told.
    #[error("the stream's last message can't be read")]
    Last(#[source] LastRawMessageError),
    /// It was not made.
    #[error("the stream can't be made")]
    Create(#[source] CreateStreamError),
    /// Its retention could not be brought to the settings.
    #[error("the stream's settings can't be changed")]
    Update(#[source] UpdateStreamError),
    /// It was not deleted.
    #[error("the stream can't be deleted")]
    Delete(#[source] DeleteStreamError),
}

/// The last message that the stream still keeps. `event_id` is `None` if no relay of ours published it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) sequence: u64,
    pub(crate) event_id: Option<Uuid>,
}

impl Bus {
    /// What the stream holds; `None` if there is no stream.
    ///
    /// # Errors
    /// When the server does not tell.
    pub async fn stream_state(&self) -> Result<Option<StreamState>, StreamError> {
        Ok(self.stream().await?.map(|stream| {
            let state = &stream.cached_info().state;
            StreamState {
                first_sequence: state.first_sequence,
                last_sequence: state.last_sequence,
                messages: state.messages,
                bytes: state.bytes,
            }
        }))
    }

    pub(crate) async fn stream(&self) -> Result<Option<Stream>, StreamError> {
        match self.context.get_stream(&self.config.stream_name).await {
            Ok(stream) => Ok(Some(stream)),
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(api)
                    if api.error_code() == ErrorCode::STREAM_NOT_FOUND =>
                {
                    Ok(None)
                }
                _ => Err(StreamError::State(error)),
            },
        }
    }

    /// The last message kept, found by subject: the one at the last sequence may have been deleted.
    pub(crate) async fn last_stored(&self, stream: &Stream) -> Result<Option<Stored>, StreamError> {
        let subject = self.subjects();
        match stream.get_last_raw_message_by_subject(&subject).await {
            Ok(StreamMessage {
                sequence, headers, ..
            }) => Ok(Some(Stored {
                sequence,
                event_id: event_id(&headers),
            })),
            Err(error) if matches!(error.kind(), LastRawMessageErrorKind::NoMessageFound) => {
                Ok(None)
            }
            Err(error) => Err(StreamError::Last(error)),
        }
    }

    /// Makes the stream so that its next message gets `first_sequence`. Someone else's stream under the
    /// same name, made in the same moment, is left alone: the caller looks at it.
    pub(crate) async fn make_stream(&self, first_sequence: u64) -> Result<(), StreamError> {
        let config = Config {
            first_sequence: (first_sequence > 1).then_some(first_sequence),
            ..self.stream_config()
        };
        match self.context.create_stream(config).await {
            Ok(_) => Ok(()),
            Err(error) => match error.kind() {
                CreateStreamErrorKind::JetStream(api)
                    if api.error_code() == ErrorCode::STREAM_NAME_EXIST =>
                {
                    Ok(())
                }
                _ => Err(StreamError::Create(error)),
            },
        }
    }

    /// Brings the retention of a stream that was made under other settings to those in force.
    pub(crate) async fn apply_settings(&self, stream: &Stream) -> Result<(), StreamError> {
        let found = &stream.cached_info().config;
        let wanted = Config {
            first_sequence: found.first_sequence,
            ..self.stream_config()
        };
        let same = found.max_bytes == wanted.max_bytes
            && found.max_age == wanted.max_age
            && found.discard == wanted.discard
            && found.subjects == wanted.subjects
            && found.allow_direct == wanted.allow_direct;
        if same {
            return Ok(());
        }
        tracing::info!(stream = %wanted.name, "the stream's settings are brought up to date");
        let changed = Config {
            max_bytes: wanted.max_bytes,
            max_age: wanted.max_age,
            discard: wanted.discard,
            subjects: wanted.subjects,
            duplicate_window: wanted.duplicate_window,
            allow_direct: wanted.allow_direct,
            ..found.clone()
        };
        self.context
            .update_stream(changed)
            .await
            .map_err(StreamError::Update)?;
        Ok(())
    }

    pub(crate) async fn delete_stream(&self) -> Result<(), StreamError> {
        self.context
            .delete_stream(&self.config.stream_name)
            .await
            .map_err(StreamError::Delete)?;
        Ok(())
    }

    fn stream_config(&self) -> Config {
        let max_age = self.config.max_age.unwrap_or(Duration::ZERO);
        let duplicate_window = if max_age.is_zero() {
            DUPLICATE_WINDOW
        } else {
            DUPLICATE_WINDOW.min(max_age)
        };
        Config {
            name: self.config.stream_name.clone(),
            subjects: vec![self.subjects()],
            storage: StorageType::File,
            retention: RetentionPolicy::Limits,
            discard: DiscardPolicy::Old,
            max_bytes: i64::try_from(self.config.max_bytes).unwrap_or(i64::MAX),
            max_age,
            duplicate_window,
            allow_direct: true,
            ..Config::default()
        }
    }
}

pub(crate) fn event_id(headers: &HeaderMap) -> Option<Uuid> {
    headers
        .get(async_nats::header::NATS_MESSAGE_ID)
        .and_then(|value| Uuid::try_parse(value.as_str()).ok())
}
