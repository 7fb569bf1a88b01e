//! The append-only log in Postgres: group commit behind a fence, reads, roles and migrations. Knows no license.
