-- Put on every table of a read model: the projector writes all of it, a query sees one tenant.
alter table {table} enable row level security;
alter table {table} force row level security;
grant select, insert, update, delete on {table} to seatledger_projector;
grant select on {table} to seatledger_query;
create policy projector_writes on {table} to seatledger_projector using (true) with check (true);
create policy query_reads on {table} for select to seatledger_query
    using (tenant_id = (select current_setting('app.tenant')::uuid));
