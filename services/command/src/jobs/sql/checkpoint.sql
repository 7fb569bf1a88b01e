-- Only by whoever holds the job, and from where it stood: a runner that slept through its lease changes nothing.
update job.import
set rows_done = rows_done + $5, created = created + $6, changed = changed + $7, unchanged = unchanged + $8,
    rejected = rejected + $9, companies = companies + $10, why = null,
    lease_until = now() + make_interval(secs => $11)
where tenant_id = $1 and job_id = $2 and runner = $3 and rows_done = $4 and state = 'running'
returning cancelling
