-- $1 tenant, $2 one integration, $3 removed or not, $4 and $5 where the page before ended, $6 limit.
select i.integration_id, i.name, i.kind, i.settings, i.filter, i.group_renewals, i.secrets, i.mode, i.removed,
    i.version, i.entry, i.created_at, i.updated_at
from alerts.integration i
where i.tenant_id = $1
  and ($2::uuid is null or i.integration_id = $2)
  and ($3::boolean is null or i.removed = $3)
  and ($4::text is null or (i.name, i.integration_id) > ($4, $5::uuid))
order by i.name, i.integration_id
limit $6
