-- Imports as jobs: what was asked, how far it came, and the file until it ended.

create table job.import (
    tenant_id    uuid        not null,
    job_id       uuid        not null,
    -- In whose name.
    token_id     uuid        not null,
    -- By which a repetition is recognized.
    request_hmac bytea       not null,
    state        text        not null default 'queued'
                 check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
    -- Somebody asked to cancel it while it was running.
    cancelling   boolean     not null default false,
    settings     json        not null,
    -- The key of the file, wrapped in the vault; null for a file without secrets, and once the job has ended.
    file_key     json,
    rows_total   integer     not null check (rows_total >= 0),
    rows_done    integer     not null default 0 check (rows_done between 0 and rows_total),
    created      integer     not null default 0,
    changed      integer     not null default 0,
    unchanged    integer     not null default 0,
    rejected     integer     not null default 0,
    companies    integer     not null default 0,
    -- Why it failed, or waits.
    why          text,
    created_at   timestamptz not null default now(),
    started_at   timestamptz,
    ended_at     timestamptz,
    -- Who works on it, and until when nobody else may.
    runner       uuid,
    lease_until  timestamptz not null default now(),
    primary key (tenant_id, job_id)
);
create index import_open on job.import (lease_until) where state in ('queued', 'running');

-- The file's rows, sealed under the job's key if they hold secrets. Gone when the job ends.
create table job.chunk (
    tenant_id uuid    not null,
    job_id    uuid    not null,
    number    integer not null check (number >= 0),
    content   bytea   not null,
    primary key (tenant_id, job_id, number)
);
-- Ciphertext does not compress: to try costs time for nothing.
alter table job.chunk alter column content set storage external;

-- The rows that did not land, and why.
create table job.fault (
    tenant_id uuid    not null,
    job_id    uuid    not null,
    line      bigint  not null,
    errors    json    not null,
    primary key (tenant_id, job_id, line)
);

alter table job.import enable row level security;
alter table job.import force row level security;
alter table job.chunk enable row level security;
alter table job.chunk force row level security;
alter table job.fault enable row level security;
alter table job.fault force row level security;

grant usage on schema job to seatledger_command, seatledger_backup;
grant select, insert, update, delete on job.import to seatledger_command;
grant select, insert, delete on job.chunk, job.fault to seatledger_command;
grant select on job.import, job.chunk, job.fault, job.refinery_command to seatledger_backup;

-- Loud where no tenant was chosen: '' is no uuid. The inner select is evaluated once a statement.
create policy command_keeps on job.import to seatledger_command
    using (tenant_id = any ((select regexp_split_to_array(current_setting('app.tenants'), ',')::uuid[])::uuid[]))
    with check (tenant_id = any ((select regexp_split_to_array(current_setting('app.tenants'), ',')::uuid[])::uuid[]));
create policy command_keeps on job.chunk to seatledger_command
    using (tenant_id = any ((select regexp_split_to_array(current_setting('app.tenants'), ',')::uuid[])::uuid[]))
    with check (tenant_id = any ((select regexp_split_to_array(current_setting('app.tenants'), ',')::uuid[])::uuid[]));
create policy command_keeps on job.fault to seatledger_command
    using (tenant_id = any ((select regexp_split_to_array(current_setting('app.tenants'), ',')::uuid[])::uuid[]))
    with check (tenant_id = any ((select regexp_split_to_array(current_setting('app.tenants'), ',')::uuid[])::uuid[]));
-- For the function below, which is the owner's.
create policy owner_takes on job.import to seatledger_owner using (true) with check (true);

-- Whoever works off jobs does not know whose there are. This gives the next one to a runner and says no more of it
-- than whose it is. Of an account one job runs at a time, so that a second import of the same file meets the
-- assets of the first, and other accounts find a place.
create function job.take(me uuid, seconds integer, out account uuid, out job uuid)
    returns setof record language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
    rows 1
as $$
begin
    return query
        update job.import i
        set state = 'running', runner = me, lease_until = now() + make_interval(secs => seconds),
            started_at = coalesce(i.started_at, now())
        from (
            select open.tenant_id, open.job_id
            from job.import open
            where open.state in ('queued', 'running') and open.lease_until <= now()
              and not exists (
                  select from job.import other
                  where other.tenant_id = open.tenant_id and other.job_id <> open.job_id
                    and other.state = 'running' and other.lease_until > now()
              )
            order by open.created_at
            limit 1
            for update skip locked
        ) next
        where i.tenant_id = next.tenant_id and i.job_id = next.job_id
        returning i.tenant_id, i.job_id;
end
$$;

revoke execute on function job.take(uuid, integer) from public;
grant execute on function job.take(uuid, integer) to seatledger_command;
