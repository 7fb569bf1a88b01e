insert into job.fault (tenant_id, job_id, line, errors)
select $1, $2, wrong.line, wrong.errors::json
from unnest($3::bigint[], $4::text[]) as wrong (line, errors)
on conflict do nothing
