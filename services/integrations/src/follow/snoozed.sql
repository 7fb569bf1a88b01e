update integration.alert a
set changed_at = $5, snoozed_until = $4::text::date
where a.tenant_id = $1 and a.integration_id = $2 and a.alert_id = $3
  and a.occurrence = (
      select max(l.occurrence) from integration.alert l
      where l.tenant_id = $1 and l.integration_id = $2 and l.alert_id = $3)
returning a.ticket
