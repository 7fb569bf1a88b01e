-- The ticket of the time before that one of its alerts was raised.
select t.progress
from integration.alert a
join integration.alert b
    on b.tenant_id = a.tenant_id and b.integration_id = a.integration_id and b.alert_id = a.alert_id
    and b.occurrence < a.occurrence
join integration.ticket t
    on t.tenant_id = b.tenant_id and t.integration_id = b.integration_id and t.key = b.ticket
where a.tenant_id = $1 and a.integration_id = $2 and a.ticket = $3 and a.open and t.key <> $3
order by b.raised_at desc, t.key
limit 1
