//! A page of events into the stream, with a bounded number of acknowledgements outstanding.

use std::collections::VecDeque;

use async_nats::jetstream::context::{PublishAckFuture, PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;

use super::{Relay, Trouble};
use crate::message::{Message, Position};

impl Relay {
    /// Publishes `page`, which follows `position`, and answers the new position: every event of the page
    /// acknowledged under its own sequence. On the first that is not, the rest in flight is left to the
    /// server, which refuses it for the same reason or takes it in order.
    pub(super) async fn publish(
        &self,
        page: Vec<Message>,
        position: Position,
    ) -> Result<Position, Trouble> {
        let mut flight: VecDeque<(Position, PublishAckFuture)> =
            VecDeque::with_capacity(self.config.window);
        let mut done = position;
        for message in page {
            if flight.len() >= self.config.window {
                done = self.land(&mut flight, done).await?;
            }
            let of = Position::of(&message);
            flight.push_back((of, self.send(message).await?));
        }
        while !flight.is_empty() {
            done = self.land(&mut flight, done).await?;
        }
        metrics::counter!("bus_relay_published_total").increment(done.sequence - position.sequence);
        self.reporter.published(done);
        Ok(done)
    }

    async fn send(&self, message: Message) -> Result<PublishAckFuture, Trouble> {
        let Message {
            sequence,
            event_id,
            subject,
            body,
        } = message;
        let bytes = body.len();
        let publish = PublishMessage::build()
            .payload(body)
            .message_id(event_id.to_string())
            .expected_stream(&self.bus.config.stream_name)
            .expected_last_sequence(sequence - 1);
        self.bus
            .context
            .send_publish(self.bus.published_subject(&subject), publish)
            .await
            .map_err(|source| match source.kind() {
                PublishErrorKind::MaxPayloadExceeded => Trouble::Oversized {
                    sequence,
                    bytes,
                    limit: self.bus.client.server_info().max_payload,
                },
                _ => refused(sequence, source),
            })
    }

    /// Waits for the oldest acknowledgement in flight.
    async fn land(
        &self,
        flight: &mut VecDeque<(Position, PublishAckFuture)>,
        done: Position,
    ) -> Result<Position, Trouble> {
        let Some((of, ack)) = flight.pop_front() else {
            return Ok(done);
        };
        let ack = ack.await.map_err(|source| refused(of.sequence, source))?;
        if ack.sequence != of.sequence {
            return Err(Trouble::Moved {
                expected: of.sequence - 1,
            });
        }
        if ack.duplicate {
            return Err(Trouble::Raced {
                sequence: of.sequence,
            });
        }
        Ok(of)
    }
}

fn refused(sequence: u64, source: PublishError) -> Trouble {
    match source.kind() {
        PublishErrorKind::WrongLastSequence => Trouble::Moved {
            expected: sequence - 1,
        },
        _ => Trouble::Publish { sequence, source },
    }
}
