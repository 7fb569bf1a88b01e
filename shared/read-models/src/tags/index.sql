alter table tags_next.tag add primary key (tenant_id, asset_id, tag, from_day);
create index tag_by_company on tags_next.tag (tenant_id, tag, company_id);
