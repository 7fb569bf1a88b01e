-- Which tag stands on which asset, on the days on which the asset is tracked, by the company that has it then.
-- The first interval of an asset begins 0001-01-01.
create table tags_next.tag (
    tenant_id  uuid not null,
    asset_id   uuid not null,
    tag        text not null,
    from_day   date not null,
    until_day  date,
    company_id uuid not null
);
