with gone as (
    delete from integration.ticket t
    where t.tenant_id = $1 and t.integration_id = $2 and t.key = $3 and t.version = 0
    returning t.key
)
update integration.alert a set ticket = null
from gone
where a.tenant_id = $1 and a.integration_id = $2 and a.ticket = gone.key
