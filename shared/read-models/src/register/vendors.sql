-- $1 tenant, $2 companies the token sees, $3 day, $4 companies, $5 where the page before ended, $6 limit. A vendor is
-- one however its name is written, as the filters take it.
select a.vendor_key as key, min(a.vendor) as vendor, count(*) as licenses
from register.asset a
join register.asset_day d on d.tenant_id = a.tenant_id and d.asset_id = a.asset_id
where a.tenant_id = $1
  and a.vendor_key <> ''
  -- What has no metric is no license.
  and a.metric is not null
  and ($2::uuid[] is null or d.company_id = any ($2))
  and d.from_day <= $3::date and case when d.until_day is null then 'infinity' else d.until_day end >= $3
  and not d.archived
  and ($4::uuid[] is null or d.company_id = any ($4))
  and ($5::text is null or a.vendor_key > $5)
group by a.vendor_key
order by a.vendor_key
limit $6
