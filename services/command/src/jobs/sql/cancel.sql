-- One that nobody works on ends at once, with its file; a running one ends with its batch.
with asked as (
    update job.import
    set cancelling = true,
        state = case when state = 'queued' then 'cancelled' else state end,
        ended_at = case when state = 'queued' then now() end,
        file_key = case when state = 'queued' then null else file_key end
    where tenant_id = $1 and job_id = $2 and state in ('queued', 'running')
    returning job_id, state
)
delete from job.chunk c using asked where c.tenant_id = $1 and c.job_id = asked.job_id and asked.state = 'cancelled'
