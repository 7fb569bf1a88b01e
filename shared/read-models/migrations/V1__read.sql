-- How far each read model has come. The read models' own tables stand in a schema each, which this
-- history does not know: they are built anew from the log whenever their structure changes.

-- Owns the read models, so that who rebuilds them needs no power over the log. Never logs in. The log's
-- migrations make the other roles; this server may be another, so what is missing is made here too.
do $$
declare
    role record;
    setting text;
begin
    for role in
        select * from (values
            ('seatledger_read_owner', 'nologin', array[]::text[]),
            ('seatledger_migrator', 'login', array['lock_timeout=60s']),
            ('seatledger_projector', 'login',
                array['idle_in_transaction_session_timeout=60s', 'statement_timeout=60s']),
            ('seatledger_query', 'login',
                array['idle_in_transaction_session_timeout=10s', 'statement_timeout=10s', 'default_transaction_read_only=on']),
            ('seatledger_loader', 'login bypassrls', array[]::text[]),
            ('seatledger_backup', 'login bypassrls', array['default_transaction_read_only=on'])
        ) as wanted(name, attributes, settings)
    loop
        begin
            execute format('create role %I %s', role.name, role.attributes);
        exception when duplicate_object or unique_violation then
            continue;
        end;
        foreach setting in array role.settings loop
            execute format('alter role %I set %I to %L',
                role.name, split_part(setting, '=', 1), split_part(setting, '=', 2));
        end loop;
    end loop;
    -- Creating the role again makes two databases that migrate at once wait for each other, so the
    -- checks that follow it hold.
    if not exists (
        select from pg_auth_members m
        where m.roleid = 'seatledger_read_owner'::regrole and m.member = 'seatledger_migrator'::regrole
    ) then
        grant seatledger_read_owner to seatledger_migrator;
    end if;
    if not exists (
        select from pg_auth_members m
        where m.roleid = 'seatledger_read_owner'::regrole and m.member = 'seatledger_loader'::regrole
    ) then
        grant seatledger_read_owner to seatledger_loader;
    end if;
end
$$;

alter schema read owner to seatledger_read_owner;
alter table read.refinery_read owner to seatledger_read_owner;
set local role seatledger_read_owner;

-- One row for each read model, and one for each that is being built, whose name ends in _next. A transaction
-- that writes a model's rows locks its row first, which keeps a second projector out.
create table read.checkpoint (
    model      text   not null primary key,
    -- The last event of the log whose effect is committed; 0 before the first.
    sequence   bigint not null check (sequence >= 0),
    -- Its identity: a log that was set back has another event there.
    event_id   uuid   check ((event_id is null) = (sequence = 0)),
    -- Which structure the tables have: the hash of what built them.
    structure  text   not null,
    -- Grows by one whenever the model is built anew, so that who follows it notices.
    generation bigint not null
);

-- How far each tenant's ledger has gone into each read model.
create table read.progress (
    tenant_id     uuid        not null,
    model         text        not null,
    -- The last entry whose effect is committed.
    entry         bigint      not null,
    -- Why the tenant's later entries are not taken up; none while they are.
    halted_reason text,
    halted_at     timestamptz,
    primary key (tenant_id, model),
    check ((halted_reason is null) = (halted_at is null))
);
create index progress_halted on read.progress (model) where halted_reason is not null;

alter table read.progress enable row level security;
alter table read.progress force row level security;

grant usage on schema read to seatledger_projector, seatledger_query, seatledger_loader, seatledger_backup;
grant select, insert, update on read.checkpoint to seatledger_projector;
grant select, insert, update on read.progress to seatledger_projector;
grant select on read.checkpoint, read.progress to seatledger_query;
grant select, insert, update, delete on read.checkpoint, read.progress to seatledger_loader;
grant select on read.checkpoint, read.progress, read.refinery_read to seatledger_backup;

create policy projector_writes on read.progress to seatledger_projector using (true) with check (true);
create policy query_reads on read.progress for select to seatledger_query
    using (tenant_id = (select current_setting('app.tenant')::uuid));

reset role;
