alter table holdings_next.purchase add primary key (tenant_id, asset_id, purchase_id);
create index purchase_by_day on holdings_next.purchase (tenant_id, from_day);
alter table holdings_next.assignment add primary key (tenant_id, asset_id, assignment_id);
create index assignment_by_holder on holdings_next.assignment (tenant_id, holder_id);
create index assignment_by_company on holdings_next.assignment (tenant_id, company_id);
alter table holdings_next.allocation add primary key (tenant_id, asset_id, company_id, from_day);
create index allocation_by_company on holdings_next.allocation (tenant_id, company_id);
alter table holdings_next.license_key add primary key (tenant_id, asset_id, secret_id);
alter table holdings_next.renewal add primary key (tenant_id, asset_id, term_end);
