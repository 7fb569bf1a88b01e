alter table compliance_next.asset add primary key (tenant_id, asset_id);
create index asset_by_type on compliance_next.asset (tenant_id, type_id);
create index asset_by_name on compliance_next.asset (tenant_id, name_key) where name_key is not null;
create index asset_by_sku on compliance_next.asset (tenant_id, sku_key) where sku_key is not null;
alter table compliance_next.license_day add primary key (tenant_id, asset_id, company_id, from_day);
create index license_day_by_pool on compliance_next.license_day (tenant_id, product_key, metric, company_id);
create index license_day_by_company on compliance_next.license_day (tenant_id, company_id, until_day);
alter table compliance_next.pool_day add primary key (tenant_id, company_id, product_key, metric, from_day);
create index pool_day_by_end on compliance_next.pool_day (tenant_id, until_day);
