alter table seats_next.change add primary key (tenant_id, asset_id, entry);
