-- $1 tenant, $2 companies the token sees, $3 one document, $4 companies, $5 archived or not, $6 and $7 where the
-- page before ended, $8 limit. The text itself only of one document.
select d.document_id, d.company_id, d.title, case when $3::uuid is not null then d.body end as body, d.archived,
    d.version, d.entry, d.created_at, d.updated_at
from register.document d
where d.tenant_id = $1
  and ($2::uuid[] is null or d.company_id = any ($2))
  and ($3 is null or d.document_id = $3)
  and ($4::uuid[] is null or d.company_id = any ($4))
  and ($5::boolean is null or d.archived = $5)
  and ($6::text is null or (d.title, d.document_id) > ($6, $7::uuid))
order by d.title, d.document_id
limit $8
