-- $1 tenant, $2 companies the token sees, $3 integrations, $4 standings of tickets, $5 companies, $6 alerts, $7 ids of
-- tickets, $8 to $10 where the page before ended, $11 limit. The last made comes first.
select t.alert_id, t.integration_id, i.name as integration, i.kind as integration_kind, t.ticket_id, t.number, t.url,
    t.standing, t.opened_at, t.changed_at, a.company_id, c.name as company_name, a.kind, a.cause, a.occurrence,
    a.standing as alert_standing, a.deadline, a.acknowledged, a.snoozed_until
from alerts.ticket t
join alerts.alert a on a.tenant_id = t.tenant_id and a.alert_id = t.alert_id
left join alerts.integration i on i.tenant_id = t.tenant_id and i.integration_id = t.integration_id
left join register.company c on c.tenant_id = t.tenant_id and c.company_id = a.company_id
where t.tenant_id = $1
  and ($2::uuid[] is null or a.company_id = any ($2))
  and ($3::uuid[] is null or t.integration_id = any ($3))
  and ($4::text[] is null or t.standing = any ($4))
  and ($5::uuid[] is null or a.company_id = any ($5))
  and ($6::uuid[] is null or t.alert_id = any ($6))
  and ($7::text[] is null or t.ticket_id = any ($7))
  and ($8::timestamptz is null or (t.opened_at, t.alert_id, t.integration_id) < ($8, $9::uuid, $10::uuid))
order by t.opened_at desc, t.alert_id desc, t.integration_id desc
limit $11
