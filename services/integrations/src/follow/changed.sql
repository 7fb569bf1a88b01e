update integration.alert a
set kind = $4, finding = $5, changed_at = $7,
    acknowledged = a.acknowledged and not $6,
    snoozed_until = case when $6 then null else a.snoozed_until end,
    asked = a.asked + case when $6 then 1 else 0 end
where a.tenant_id = $1 and a.integration_id = $2 and a.alert_id = $3
  and a.occurrence = (
      select max(l.occurrence) from integration.alert l
      where l.tenant_id = $1 and l.integration_id = $2 and l.alert_id = $3)
returning a.occurrence, a.ticket, a.backlog
