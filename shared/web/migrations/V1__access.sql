-- People, and the one way to a token before its tenant is known.

create schema access authorization seatledger_owner;

-- Events name people by id alone, so that erasing a row here erases the person.
create table access.person (
    tenant_id uuid not null,
    person_id uuid not null,
    name text not null,
    email text not null,
    created_at timestamptz not null default now(),
    erased_at timestamptz,
    primary key (tenant_id, person_id)
);

alter table access.person owner to seatledger_owner;
alter table access.person enable row level security;
alter table access.person force row level security;

-- Set inside the transaction by the service. After SET LOCAL the pooled value is '', whose cast fails: a
-- forgotten setting is an error, not an empty answer. The inner selects are evaluated once a statement.
create policy command on access.person to seatledger_command
    using (tenant_id = any ((select string_to_array(current_setting('app.tenants'), ',')::uuid[])::uuid[]))
    with check (tenant_id = any ((select string_to_array(current_setting('app.tenants'), ',')::uuid[])::uuid[]));
create policy query on access.person for select to seatledger_query
    using (tenant_id = (select current_setting('app.tenant')::uuid));

grant usage on schema access to seatledger_command, seatledger_query;
grant select, insert, update on access.person to seatledger_command;
grant select on access.person to seatledger_query;

-- Row-level security is forced on the log, so its owner, as whom the function runs, needs a policy too: the
-- events that say whether a token is good, and no other.
create policy authenticate on log.event for select to seatledger_owner
    using (type in ('TokenIssued', 'TokenRevoked'));

-- A token's stream grows with every reveal; its revocation has to be found without reading them all. Few
-- events are revocations, so an append pays for no more than the test.
create index token_revoked on log.event (stream_id) where type = 'TokenRevoked';

create function access.authenticate(token_id uuid)
    returns table (tenant_id uuid, issued text, revoked boolean)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select event.tenant_id,
           event.payload::text,
           exists (
               select from log.event as later
               where later.stream_id = token_id and later.type = 'TokenRevoked'
           )
    from log.event
    where event.stream_id = token_id and event.version = 1 and event.type = 'TokenIssued'
$$;

alter function access.authenticate(uuid) owner to seatledger_owner;
revoke all on function access.authenticate(uuid) from public;
grant execute on function access.authenticate(uuid) to seatledger_command, seatledger_query;
