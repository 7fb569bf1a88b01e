-- $1 tenant, $2 one type, $3 and $4 where the page before ended, $5 limit.
select t.type_id, t.name, t.fields, t.is_license, t.alerts, t.archived, t.version, t.entry, t.created_at, t.updated_at
from register.asset_type t
where t.tenant_id = $1
  and ($2::uuid is null or t.type_id = $2)
  and ($3::text is null or (t.name, t.type_id) > ($3, $4::uuid))
order by t.name, t.type_id
limit $5
