select a.alert_id
from integration.alert a
where a.tenant_id = $1 and a.integration_id = $2 and a.ticket = $3 and a.alert_id > $4
  and not exists (
      select from integration.alert l
      where l.tenant_id = $1 and l.integration_id = $2 and l.alert_id = a.alert_id and l.occurrence > a.occurrence)
order by a.alert_id
limit $5
