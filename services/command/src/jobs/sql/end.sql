-- With its file, which nobody needs any more.
with ended as (
    update job.import
    set state = $4, why = $5, ended_at = now(), file_key = null, runner = null
    where tenant_id = $1 and job_id = $2 and runner = $3 and state = 'running'
    returning job_id
)
delete from job.chunk c using ended where c.tenant_id = $1 and c.job_id = ended.job_id
