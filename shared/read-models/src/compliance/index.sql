alter table compliance_next.asset add primary key (tenant_id, asset_id);
create index asset_by_type on compliance_next.asset (tenant_id, type_id);
create index asset_by_name on compliance_next.asset (tenant_id, name_key) where name_key is not null;
create index asset_by_sku on compliance_next.asset (tenant_id, sku_key) where sku_key is not null;
alter table compliance_next.license_day add primary key (tenant_id, asset_id, company_id, from_day);
create index license_day_by_pool on compliance_next.license_day (tenant_id, product_key, metric, company_id);
create index license_day_by_company on compliance_next.license_day (tenant_id, company_id, until_day);
alter table compliance_next.pool_day add primary key (tenant_id, company_id, product_key, metric, from_day);
-- All that is added up of pools, so that sums over many need no look into the table. A case, since the database does
-- not take coalesce for an expression that leaks nothing, and uses no index by it under a policy.
create index pool_day_by_end on compliance_next.pool_day
    (tenant_id, (case when until_day is null then 'infinity'::date else until_day end))
    include (until_day, from_day, company_id, standing, owned, spare, short, incomplete, recoverable_now, currency,
        short_amount, spare_amount, recoverable_now_amount, oldest_typed, oldest_synced);
create index pool_day_by_standing on compliance_next.pool_day
    (tenant_id, standing, company_id, (case when until_day is null then 'infinity'::date else until_day end));
create index pool_day_of_currencies on compliance_next.pool_day (tenant_id, until_day) where currency = '*';
