-- Who may see and do what. Settings that name tenants fail loudly when they are empty, which is what
-- they become in a pooled session after the transaction that set them: '' is no uuid.
set local role seatledger_owner;

alter table log.event enable row level security;
alter table log.event force row level security;
alter table log.claim enable row level security;
alter table log.claim force row level security;
alter table log.receipt enable row level security;
alter table log.receipt force row level security;

grant usage on schema log to
    seatledger_command, seatledger_relay, seatledger_projector, seatledger_query, seatledger_loader,
    seatledger_janitor, seatledger_backup;

grant select, insert on log.event to seatledger_command;
grant select on log.event to
    seatledger_relay, seatledger_projector, seatledger_query, seatledger_loader, seatledger_backup;
grant select, insert, delete, update (owner) on log.claim to seatledger_command;
grant select, insert on log.receipt to seatledger_command;
grant select (tenant_id, principal, key, created_at), delete on log.receipt to seatledger_janitor;
grant select on log.claim, log.receipt, log.refinery_log to seatledger_backup;

-- The inner select makes it one comparison a row, not one evaluation of the setting.
create policy command_reads on log.event for select to seatledger_command
    using (tenant_id = any ((select regexp_split_to_array(current_setting('app.tenants'), ',')::uuid[])::uuid[]));
create policy command_appends on log.event for insert to seatledger_command
    with check (tenant_id = any ((select regexp_split_to_array(current_setting('app.tenants'), ',')::uuid[])::uuid[]));
create policy command_claims on log.claim to seatledger_command
    using (tenant_id = any ((select regexp_split_to_array(current_setting('app.tenants'), ',')::uuid[])::uuid[]));
create policy command_reads on log.receipt for select to seatledger_command
    using (tenant_id = any ((select regexp_split_to_array(current_setting('app.tenants'), ',')::uuid[])::uuid[]));
create policy command_writes on log.receipt for insert to seatledger_command
    with check (tenant_id = any ((select regexp_split_to_array(current_setting('app.tenants'), ',')::uuid[])::uuid[]));

create policy query_reads on log.event for select to seatledger_query
    using (tenant_id = (select current_setting('app.tenant')::uuid));
create policy relay_reads on log.event for select to seatledger_relay using (true);
create policy projector_reads on log.event for select to seatledger_projector using (true);
-- For the functions below, which are the owner's.
create policy owner_reads on log.event for select to seatledger_owner using (true);

-- A receipt is kept for a day: a younger one is not there for the janitor.
create policy janitor_sees_old on log.receipt for select to seatledger_janitor
    using (created_at < now() - interval '24 hours');
create policy janitor_deletes_old on log.receipt for delete to seatledger_janitor
    using (created_at < now() - interval '24 hours');

-- The head of the log may be another tenant's event than those that a session may read. These tell
-- where the log ends, and what was appended, without saying what was said.

create function log.head(out sequence bigint, out event_id uuid, out recorded_at timestamptz)
    returns setof record language sql stable security definer set search_path = pg_catalog, pg_temp
    rows 1
begin atomic
    select e.sequence, e.event_id, e.recorded_at from log.event e order by e.sequence desc limit 1;
end;

-- Whether the log ends with this event; sequence 0 stands for a log without events.
create function log.head_is(head bigint, id uuid) returns boolean
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return not exists (select from log.event e where e.sequence = head + 1)
        and (head = 0 or exists (select from log.event e where e.sequence = head and e.event_id = id));
end
$$;

create function log.headers_after(
    after bigint, most integer,
    out sequence bigint, out event_id uuid, out tenant_id uuid, out entry bigint,
    out stream_id uuid, out version integer, out recorded_at timestamptz
)
    returns setof record language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select e.sequence, e.event_id, e.tenant_id, e.entry, e.stream_id, e.version, e.recorded_at
    from log.event e where e.sequence > after order by e.sequence limit most;
end;

revoke execute on all functions in schema log from public;
grant execute on function log.head() to
    seatledger_command, seatledger_relay, seatledger_projector, seatledger_query;
grant execute on function log.head_is(bigint, uuid), log.headers_after(bigint, integer) to seatledger_command;

reset role;
