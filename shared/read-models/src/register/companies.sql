-- $1 tenant, $2 companies the token sees, $3 one company, $4 archived or not, $5 and $6 where the page before
-- ended, $7 limit.
select c.company_id, c.name, c.own, c.time_zone, c.external_ids, c.alerts, c.archived, c.version, c.entry,
    c.created_at, c.updated_at
from register.company c
where c.tenant_id = $1
  and ($2::uuid[] is null or c.company_id = any ($2))
  and ($3::uuid is null or c.company_id = $3)
  and ($4::boolean is null or c.archived = $4)
  and ($5::text is null or (c.name, c.company_id) > ($5, $6::uuid))
order by c.name, c.company_id
limit $7
