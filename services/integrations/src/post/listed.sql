-- What is new comes first where not all can be listed.
select a.alert_id, a.finding, a.open, a.raised_at > $3 as is_new, a.changed_at > $3 as is_changed
from integration.alert a
where a.tenant_id = $1 and a.integration_id = $2 and (a.open or a.cleared_at > $3)
  and (cardinality($4::uuid[]) = 0 or a.company_id = any ($4))
  and case when cardinality($5::text[]) = 0 then a.kind <> 'over_licensed' else a.kind = any ($5) end
order by a.raised_at > $3 desc, a.changed_at > $3 desc, a.raised_at, a.alert_id
limit $6
