-- People, and the one way to a token before its tenant is known.

-- Events name people by id alone, so that erasing a row here erases the person.
create table access.person (
    tenant_id  uuid        not null,
    person_id  uuid        not null,
    name       text        not null,
    email      text        not null,
    created_at timestamptz not null default now(),
    erased_at  timestamptz,
    primary key (tenant_id, person_id)
);

alter table access.person enable row level security;
alter table access.person force row level security;

grant usage on schema access to seatledger_command, seatledger_query, seatledger_backup;
grant select, insert, update on access.person to seatledger_command;
grant select on access.person to seatledger_query, seatledger_backup;
grant select on access.refinery_web to seatledger_backup;

-- The service sets the tenant inside its transaction. Afterwards the pooled session has '', which is no
-- uuid: a forgotten setting fails instead of finding nothing. The inner select is evaluated once a statement.
create policy command_keeps on access.person to seatledger_command
    using (tenant_id = any ((select regexp_split_to_array(current_setting('app.tenants'), ',')::uuid[])::uuid[]))
    with check (tenant_id = any ((select regexp_split_to_array(current_setting('app.tenants'), ',')::uuid[])::uuid[]));
create policy query_reads on access.person for select to seatledger_query
    using (tenant_id = (select current_setting('app.tenant')::uuid));

-- A token's stream grows with every reveal; its revocation has to be found without reading them all. Few
-- events are revocations, so an append pays for no more than the test.
create index token_revoked on log.event (stream_id) where type = 'TokenRevoked';

-- What a token's issue said, whose it is, and whether it was revoked: by its public id, which is its stream.
-- plpgsql, since it keeps its plan; plain SQL would plan anew for each request.
create function access.authenticate(
    token uuid, out tenant_id uuid, out issued text, out revoked boolean
)
    returns setof record language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
    rows 1
as $$
begin
    return query
        select e.tenant_id,
               e.payload::text,
               exists (select from log.event r where r.stream_id = token and r.type = 'TokenRevoked')
        from log.event e
        where e.stream_id = token and e.version = 1 and e.type = 'TokenIssued';
end
$$;

revoke execute on function access.authenticate(uuid) from public;
grant execute on function access.authenticate(uuid) to seatledger_command, seatledger_query;
