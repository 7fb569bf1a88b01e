-- Without an id the MSP's own company.
select c.company_id, c.name, c.external_ids::text
from register.company c
where c.tenant_id = $1
  and case when $2::uuid is null then c.own and not c.archived else c.company_id = $2 end
order by c.created_at
limit 1
