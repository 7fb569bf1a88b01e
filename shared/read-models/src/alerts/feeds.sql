-- $1 tenant, $2 companies the token sees, $3 one feed, $4 closed or not, $5 and $6 where the page before ended,
-- $7 limit. A feed that shows more than the token sees is not for it.
select f.feed_id, f.label, f.companies, f.closed, f.created_at
from alerts.feed f
where f.tenant_id = $1
  and ($2::uuid[] is null or f.companies <@ $2)
  and ($3::uuid is null or f.feed_id = $3)
  and ($4::boolean is null or f.closed = $4)
  and ($5::text is null or (f.label, f.feed_id) > ($5, $6::uuid))
order by f.label, f.feed_id
limit $7
