select count(*) filter (where a.open and a.raised_at > $3) as new,
    count(*) filter (where a.open and a.raised_at <= $3 and a.changed_at > $3) as changed,
    count(*) filter (where a.open and a.raised_at <= $3 and a.changed_at <= $3) as still_open,
    count(*) filter (where not a.open and a.cleared_at > $3) as cleared
from integration.alert a
where a.tenant_id = $1 and a.integration_id = $2 and (a.open or a.cleared_at > $3)
  and (cardinality($4::uuid[]) = 0 or a.company_id = any ($4))
  and case when cardinality($5::text[]) = 0 then a.kind <> 'over_licensed' else a.kind = any ($5) end
