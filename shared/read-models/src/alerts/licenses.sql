array(
    select d.asset_id
    from compliance.license_day d
    where d.tenant_id = $1 and d.company_id = {pool}.company_id and d.product_key = {pool}.product_key
      and d.metric = {pool}.metric
    group by d.asset_id
    -- What is in it still comes first.
    order by max(case when d.until_day is null then 'infinity'::date else d.until_day end) desc, d.asset_id
    limit {licenses_max} + 1
)
