//! JetStream: publish in order, subscribe from a checkpoint, repair holes. Knows no license.
