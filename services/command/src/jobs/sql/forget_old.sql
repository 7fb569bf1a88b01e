-- Ended jobs beyond those that are kept, with all that is theirs. One that waits or runs is never forgotten, however
-- long it does: its rows were promised to land.
with old as (
    delete from job.import i
    where i.tenant_id = $1 and i.ended_at is not null
      and (i.ended_at < now() - make_interval(days => $2)
           or i.job_id not in (
               select newest.job_id from job.import newest
               where newest.tenant_id = $1 and newest.ended_at is not null
               order by newest.created_at desc limit $3
           ))
    returning i.job_id
), chunks as (
    delete from job.chunk c using old where c.tenant_id = $1 and c.job_id = old.job_id
)
delete from job.fault f using old where f.tenant_id = $1 and f.job_id = old.job_id
