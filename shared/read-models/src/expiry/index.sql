alter table expiry_next.asset add primary key (tenant_id, asset_id);
create index asset_by_type on expiry_next.asset (tenant_id, type_id);
create index asset_by_name on expiry_next.asset (tenant_id, name_key) where name_key is not null;
create index asset_by_sku on expiry_next.asset (tenant_id, sku_key) where sku_key is not null;
alter table expiry_next.expiry_day add primary key (tenant_id, asset_id, from_day);
create index expiry_day_by_date on expiry_next.expiry_day (tenant_id, expiry_date);
create index expiry_day_rolls on expiry_next.expiry_day (tenant_id) where rolls_months is not null;
