select alert_id, finding, raised_at
from integration.alert
where tenant_id = $1 and integration_id = $2 and backlog and open and alert_id > $3
order by alert_id
limit $4
