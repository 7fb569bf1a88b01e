-- What carrying alerts out works with, beside the log: how far each integration has come, its tickets, what it sends.
-- All of it but what was already done outside can be built anew from the log.

-- How far the log was searched for integrations.
create table integration.directory (
    one      boolean not null primary key default true check (one),
    sequence bigint  not null
);
insert into integration.directory (sequence) values (0);

create table integration.subscriber (
    tenant_id      uuid    not null,
    integration_id uuid    not null,
    -- The word of its kind, which never changes.
    kind           text    not null,
    -- The last entry of the account's ledger that was taken up.
    entry          bigint  not null,
    -- The last event of the integration's own stream that was acted on.
    version        integer not null default 0,
    -- How calls fare; see health.rs.
    health         jsonb   not null default '{}',
    -- Why nothing is tried until somebody changes something; null while it is.
    paused_because text,
    -- Calls in this hour, for the budget.
    calls_hour     timestamptz,
    calls          integer not null default 0,
    -- The last day of which a digest was claimed.
    digest_day     date,
    removed        boolean not null default false,
    primary key (tenant_id, integration_id)
);

-- An alert as this integration followed it. One row for each time that it was raised.
create table integration.alert (
    tenant_id      uuid        not null,
    integration_id uuid        not null,
    alert_id       uuid        not null,
    occurrence     integer     not null,
    kind           text        not null,
    company_id     uuid,
    -- As an AlertRaised's payload: what is found; what its ticket last said of it; what a note says that is on its way.
    finding        jsonb       not null,
    told           jsonb,
    telling        jsonb,
    open           boolean     not null default true,
    acknowledged   boolean     not null default false,
    snoozed_until  date,
    cleared        text,
    -- How often it got worse, or somebody asked for a ticket.
    asked          integer     not null default 0,
    -- Somebody asked for a ticket of it here, whatever the filter says.
    requested      boolean     not null default false,
    -- Found while nothing was carried out, and not released since.
    backlog        boolean     not null,
    -- The key of its ticket; null while it has none.
    ticket         text,
    raised_at      timestamptz not null,
    changed_at     timestamptz not null,
    cleared_at     timestamptz,
    primary key (tenant_id, integration_id, alert_id, occurrence)
);
create index alert_of_ticket on integration.alert (tenant_id, integration_id, ticket) where ticket is not null;
create index alert_backlog on integration.alert (tenant_id, integration_id, company_id) where backlog;
create index alert_open on integration.alert (tenant_id, integration_id, company_id) where open;

create table integration.ticket (
    tenant_id      uuid        not null,
    integration_id uuid        not null,
    -- What it is for: one alert's occurrence, a group of renewals, a summary.
    key            text        not null,
    company_id     uuid,
    -- See ticket/machine.rs.
    progress       jsonb       not null,
    -- Where it is, in one word, for lists.
    state          text        not null,
    -- Why it waits, for lists.
    parked         text,
    -- What the ledger is still to be told.
    news           jsonb       not null default '[]',
    -- When it is looked at next; null if only after a change.
    due_at         timestamptz,
    -- When its alerts last changed.
    changed_at     timestamptz not null,
    -- Grows with each write of its progress: of two that work on it, the later finds it changed.
    version        bigint      not null default 0,
    primary key (tenant_id, integration_id, key)
);
create index ticket_due on integration.ticket (tenant_id, integration_id, due_at) where due_at is not null;
create index ticket_parked on integration.ticket (tenant_id, integration_id, company_id) where parked is not null;

-- A webhook or a mail that is to be sent, or was.
create table integration.delivery (
    tenant_id      uuid        not null,
    integration_id uuid        not null,
    delivery_id    uuid        not null,
    -- The entry that it carries, or that it comes from.
    entry          bigint      not null,
    -- Of a mail: to whom, and what.
    recipient      text,
    what           jsonb,
    state          text        not null default 'queued' check (state in ('queued', 'sent', 'parked')),
    attempts       integer     not null default 0,
    next_at        timestamptz not null,
    last_error     text,
    created_at     timestamptz not null,
    ended_at       timestamptz,
    primary key (tenant_id, integration_id, delivery_id)
);
create index delivery_due on integration.delivery (tenant_id, integration_id, next_at) where state = 'queued';
create index delivery_recent on integration.delivery (tenant_id, integration_id, created_at);

grant usage on schema integration to seatledger_integration, seatledger_backup;
grant select, update on integration.directory to seatledger_integration;
grant select on integration.directory, integration.refinery_integration to seatledger_backup;

-- Loud where no tenant was chosen: '' is no uuid. The inner select is evaluated once a statement.
do $$
declare
    name text;
begin
    foreach name in array array['subscriber', 'alert', 'ticket', 'delivery'] loop
        execute format('alter table integration.%I enable row level security', name);
        execute format('alter table integration.%I force row level security', name);
        execute format('grant select, insert, update, delete on integration.%I to seatledger_integration', name);
        execute format('grant select on integration.%I to seatledger_backup', name);
        execute format(
            'create policy integration_keeps on integration.%I to seatledger_integration
                using (tenant_id = (select current_setting(''app.tenant'')::uuid))
                with check (tenant_id = (select current_setting(''app.tenant'')::uuid))', name);
    end loop;
end
$$;
-- For the function below, which is the owner's.
create policy owner_lists on integration.subscriber for select to seatledger_owner using (true);

-- Whose integrations there are: whoever runs them does not know the accounts.
create function integration.subscribers(out tenant_id uuid, out integration_id uuid, out kind text)
    returns setof record language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select s.tenant_id, s.integration_id, s.kind from integration.subscriber s where not s.removed;
end;
revoke execute on function integration.subscribers() from public;
grant execute on function integration.subscribers() to seatledger_integration;
