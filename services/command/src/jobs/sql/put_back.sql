-- For whoever comes next, not before a while has passed.
update job.import
set state = 'queued', why = $4, runner = null, lease_until = now() + make_interval(secs => $5)
where tenant_id = $1 and job_id = $2 and runner = $3 and state = 'running'
