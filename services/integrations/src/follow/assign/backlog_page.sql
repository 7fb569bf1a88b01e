select a.alert_id, a.occurrence, a.requested, a.finding
from integration.alert a
where a.tenant_id = $1 and a.integration_id = $2 and a.backlog and a.open and a.alert_id > $3
order by a.alert_id
limit $4
