-- $1 tenant, $2 companies the token sees, $3 day, $4 companies, $5 where the page before ended, $6 limit.
select t.tag, count(*) as assets
from tags.tag t
where t.tenant_id = $1
  and ($2::uuid[] is null or t.company_id = any ($2))
  and t.from_day <= $3::date and (t.until_day is null or t.until_day >= $3)
  and ($4::uuid[] is null or t.company_id = any ($4))
  and ($5::text is null or t.tag > $5)
group by t.tag
order by t.tag
limit $6
