select s.entry, s.paused_because,
    (select count(*) from integration.alert a
     where a.tenant_id = $1 and a.integration_id = $2 and a.backlog and a.open) as backlog,
    (select count(*) from integration.ticket t
     where t.tenant_id = $1 and t.integration_id = $2 and t.parked is not null) as parked,
    (select count(*) from integration.delivery d
     where d.tenant_id = $1 and d.integration_id = $2 and d.state = 'queued') as queued,
    (select count(*) from integration.delivery d
     where d.tenant_id = $1 and d.integration_id = $2 and d.state = 'parked') as given_up
from integration.subscriber s
where s.tenant_id = $1 and s.integration_id = $2
