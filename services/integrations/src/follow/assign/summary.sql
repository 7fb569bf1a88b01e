-- Told by the summary, so that only what comes later is told by itself.
update integration.alert a
set ticket = 's:' || coalesce(a.company_id::text, '-') || $3, told = a.finding
where a.tenant_id = $1 and a.integration_id = $2 and a.backlog and a.open
  and (a.requested or (
      (cardinality($4::uuid[]) = 0 or a.company_id = any ($4))
      and case when cardinality($5::text[]) = 0 then a.kind <> 'over_licensed' else a.kind = any ($5) end))
