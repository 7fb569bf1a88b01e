-- The log and what is written beside it in the same statement.
set local role seatledger_owner;

create table log.event (
    sequence       bigint      not null primary key check (sequence > 0),
    tenant_id      uuid        not null,
    entry          bigint      not null check (entry > 0),
    stream_id      uuid        not null,
    version        integer     not null check (version > 0),
    event_id       uuid        not null,
    type           text        not null,
    schema_version smallint    not null,
    company_id     uuid,
    payload        json        not null, -- not jsonb: the exact bytes are kept, and it appends faster
    metadata       json        not null,
    effective_on   date        not null,
    recorded_at    timestamptz not null,
    unique (tenant_id, entry),
    unique (stream_id, version)
);

-- What must be unique in a tenant, and who holds it.
create table log.claim (
    tenant_id uuid not null,
    scope     text not null,
    key       text not null,
    owner     uuid not null,
    primary key (tenant_id, scope, key)
);

-- What a command that carried an idempotency key was answered.
create table log.receipt (
    tenant_id  uuid        not null,
    principal  uuid        not null,
    key        text        not null,
    status     smallint    not null,
    body       json        not null,
    body_hmac  bytea       not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, principal, key)
);
create index receipt_created_at on log.receipt (created_at);

-- Append-only, for everyone: also for the owner, a superuser and a replication session.
create function log.refuse_change() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'log.event is append-only: % is refused', tg_op using errcode = 'insufficient_privilege';
end
$$;

create trigger refuse_statement before update or delete or truncate on log.event
    for each statement execute function log.refuse_change();
create trigger refuse_row before update or delete on log.event
    for each row execute function log.refuse_change();
alter table log.event enable always trigger refuse_statement;
alter table log.event enable always trigger refuse_row;

reset role;
