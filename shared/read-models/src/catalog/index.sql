alter table catalog_next.state add primary key (tenant_id);
alter table catalog_next.product add primary key (tenant_id, product_id);
create index product_by_name on catalog_next.product (tenant_id, name, product_id);
alter table catalog_next.alias add primary key (tenant_id, kind, key);
create index alias_by_product on catalog_next.alias (tenant_id, product_id);
