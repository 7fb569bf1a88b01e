//! A private Postgres, nats-server and SoftHSM token under one data directory, for run and for tests.
