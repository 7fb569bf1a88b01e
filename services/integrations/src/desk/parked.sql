select p.id, p.company_id, p.why, p.alert_id, p.since
from (
    select t.key as id, t.company_id, t.parked as why, t.changed_at as since,
        (select min(a.alert_id::text)::uuid from integration.alert a
         where a.tenant_id = $1 and a.integration_id = $2 and a.ticket = t.key) as alert_id
    from integration.ticket t
    where t.tenant_id = $1 and t.integration_id = $2 and t.parked is not null
    union all
    select d.delivery_id::text, null, coalesce(d.last_error, ''), coalesce(d.ended_at, d.created_at), null
    from integration.delivery d
    where d.tenant_id = $1 and d.integration_id = $2 and d.state = 'parked'
) p
where p.id > $3
order by p.id
limit $4
