insert into read.progress (tenant_id, model, entry, halted_reason, halted_at)
select p.tenant_id, p.model, p.entry, p.halted_reason, case when p.halted_reason is not null then now() end
from unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[]) p (tenant_id, model, entry, halted_reason)
on conflict (tenant_id, model) do update
set entry = excluded.entry, halted_reason = excluded.halted_reason, halted_at = excluded.halted_at
