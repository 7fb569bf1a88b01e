-- What stands and what is still to be told comes first.
select a.alert_id, a.occurrence, a.finding, a.told, a.telling, a.open, a.cleared
from integration.alert a
where a.tenant_id = $1 and a.integration_id = $2 and a.ticket = $3
order by a.open desc, a.told is not null desc, a.kind, a.raised_at, a.alert_id
limit $4
