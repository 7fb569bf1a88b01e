-- Who or what holds seats. Events name holders by id alone, so that erasing a row here erases the name; the ledger
-- keeps the id, and what is read of it then shows nobody's name.
create table access.seat_holder (
    tenant_id  uuid        not null,
    holder_id  uuid        not null,
    kind       text        not null check (kind in ('user', 'device', 'other')),
    name       text        not null,
    -- What all spellings of the name have in common: one holder has one row.
    name_key   text        not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, holder_id),
    unique (tenant_id, kind, name_key)
);

alter table access.seat_holder enable row level security;
alter table access.seat_holder force row level security;

grant select, insert, delete on access.seat_holder to seatledger_command;
grant select on access.seat_holder to seatledger_query, seatledger_backup;

create policy command_keeps on access.seat_holder to seatledger_command
    using (tenant_id = any ((select regexp_split_to_array(current_setting('app.tenants'), ',')::uuid[])::uuid[]))
    with check (tenant_id = any ((select regexp_split_to_array(current_setting('app.tenants'), ',')::uuid[])::uuid[]));
create policy query_reads on access.seat_holder for select to seatledger_query
    using (tenant_id = (select current_setting('app.tenant')::uuid));
