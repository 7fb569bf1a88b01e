create schema {schema};
grant usage on schema {schema} to seatledger_projector, seatledger_query;
