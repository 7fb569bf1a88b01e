-- $1 tenant, $2 companies the token sees, $3 day, $4 companies, $5 and $6 where the page before ended, $7 limit. Licenses
-- that name nothing are left out: there is no name to decide about.
select coalesce(a.name_key, '') as name_key, coalesce(a.sku_key, '') as sku_key,
    min(l.product) filter (where a.name_key is not null) as name, min(l.sku) as sku, min(l.vendor) as vendor,
    min(l.product_key) as product_key, count(distinct l.asset_id) as licenses,
    count(distinct l.company_id) as companies
from compliance.license_day l
join compliance.asset a on a.tenant_id = l.tenant_id and a.asset_id = l.asset_id
where l.tenant_id = $1
  and l.product_id is null and (a.name_key is not null or a.sku_key is not null)
  and ($2::uuid[] is null or l.company_id = any ($2))
  and l.from_day <= $3::date and (l.until_day is null or l.until_day >= $3)
  and ($4::uuid[] is null or l.company_id = any ($4))
  and ($5::text is null or (coalesce(a.name_key, ''), coalesce(a.sku_key, '')) > ($5, $6::text))
group by 1, 2
order by 1, 2
limit $7
