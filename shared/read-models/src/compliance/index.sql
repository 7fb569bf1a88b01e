alter table compliance_next.asset add primary key (tenant_id, asset_id);
create index asset_by_type on compliance_next.asset (tenant_id, type_id);
alter table compliance_next.license_day add primary key (tenant_id, asset_id, from_day);
create index license_day_by_pool on compliance_next.license_day (tenant_id, company_id, product_key, metric);
alter table compliance_next.pool_day add primary key (tenant_id, company_id, product_key, metric, from_day);
