-- How far the log was looked at, and which accounts' calendars.

-- One row: what was found of all events up to this one is recorded.
create table alert_watch.checkpoint (
    only_one  boolean primary key default true check (only_one),
    sequence  bigint  not null check (sequence >= 0),
    event_id  uuid
);

-- Each account, since a calendar moves without an event.
create table alert_watch.account (
    tenant_id  uuid        not null primary key,
    -- The calendar's time zone as it was last seen.
    time_zone  text        not null default 'UTC',
    -- The last day, on that calendar, of which everything was looked at.
    swept_on   date,
    -- When something that was noticed is to be raised.
    due_at     timestamptz,
    -- Raised each time that everything is to be looked at, and remembered when that began.
    wanted     bigint      not null default 1,
    swept      bigint      not null default 0,
    -- After trouble it is left alone until then.
    not_before timestamptz not null default '-infinity'
);

alter table alert_watch.account enable row level security;
alter table alert_watch.account force row level security;

grant usage on schema alert_watch to seatledger_alerts, seatledger_backup;
grant select, insert, update on alert_watch.checkpoint to seatledger_alerts;
grant select, insert, update, delete on alert_watch.account to seatledger_alerts;
grant select on alert_watch.checkpoint, alert_watch.account, alert_watch.refinery_alerts to seatledger_backup;

-- The calendars of all accounts are watched by one loop, which sees nothing else of them.
create policy alerts_watches on alert_watch.account to seatledger_alerts using (true) with check (true);
