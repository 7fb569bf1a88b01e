alter table trail_next.entry add primary key (tenant_id, entry);
create index entry_by_actor on trail_next.entry (tenant_id, actor, entry);
create index entry_by_company on trail_next.entry (tenant_id, company_id, entry);
create index entry_by_asset on trail_next.entry (tenant_id, asset_id, entry) where asset_id is not null;
create index entry_by_type on trail_next.entry (tenant_id, event_type, entry);
-- Entries arrive in the order of their time: a summary of each block is enough.
create index entry_by_time on trail_next.entry using brin (recorded_at) with (autosummarize = on);
alter table trail_next.concerned add primary key (tenant_id, asset_id, entry);
