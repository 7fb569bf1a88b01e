-- What a dry run has seen of itself is lost with its process.
with begun as (
    update job.import
    set rows_done = 0, created = 0, changed = 0, unchanged = 0, rejected = 0, companies = 0
    where tenant_id = $1 and job_id = $2 and runner = $3 and state = 'running'
    returning job_id
)
delete from job.fault f using begun where f.tenant_id = $1 and f.job_id = begun.job_id
