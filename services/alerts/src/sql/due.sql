select a.tenant_id, a.wanted, a.wanted > a.swept as everything,
    a.wanted > a.swept or a.swept_on is distinct from ($1::timestamptz at time zone a.time_zone)::date as whole
from alert_watch.account a
where a.not_before <= $1
  and (a.wanted > a.swept
       or a.swept_on is distinct from ($1::timestamptz at time zone a.time_zone)::date
       or a.due_at <= $1)
order by a.not_before, a.tenant_id
limit $2
