//! Write side: HTTP commands, decide, append; and the relay to JetStream.
