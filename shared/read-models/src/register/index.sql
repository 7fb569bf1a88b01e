alter table register_next.asset add primary key (tenant_id, asset_id);
create index asset_by_type on register_next.asset (tenant_id, type_id);
create index asset_by_name on register_next.asset (tenant_id, name, asset_id);
create index asset_by_product on register_next.asset (tenant_id, product);
create index asset_by_vendor on register_next.asset (tenant_id, vendor_key, asset_id) include (vendor, metric);
create index asset_by_vendor_and_name on register_next.asset (tenant_id, vendor_key, name, asset_id);
create index asset_by_created on register_next.asset (tenant_id, created_at, asset_id);
create index asset_by_updated on register_next.asset (tenant_id, updated_at, asset_id);
create index asset_by_alerts on register_next.asset (tenant_id) where alerts is not null;
alter table register_next.asset_day add primary key (tenant_id, asset_id, from_day);
create index asset_day_by_company on register_next.asset_day (tenant_id, company_id, asset_id);
-- What lists ask of all assets' days. A case, since the database does not take coalesce for an expression that leaks
-- nothing, and uses no index by it under a policy.
create index asset_day_by_end on register_next.asset_day
    (tenant_id, (case when until_day is null then 'infinity'::date else until_day end))
    include (until_day, from_day, asset_id, company_id, archived);
alter table register_next.asset_terms add primary key (tenant_id, asset_id);
create index asset_by_terms on register_next.asset_terms using gin (array_to_tsvector(terms)) with (fastupdate = off);
alter table register_next.asset_type add primary key (tenant_id, type_id);
alter table register_next.company add primary key (tenant_id, company_id);
create index company_by_name on register_next.company (tenant_id, name, company_id);
alter table register_next.document add primary key (tenant_id, document_id);
create index document_by_company on register_next.document (tenant_id, company_id);
alter table register_next.policy add primary key (tenant_id);
