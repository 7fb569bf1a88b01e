-- A lost tail is replayed. Every look-up has its index: a plan that was made while tables were empty must
-- not read through them once they are large.
set synchronous_commit = off;
set enable_seqscan = off;
set search_path = pg_catalog, pg_temp;
