-- $1 now, $2 time zones and $3 the day in each, $4 limit. The days are given, since Postgres may know other time zones, or
-- other rules of them, than the domain does: an unknown one would end the look at all accounts.
select a.tenant_id, a.wanted, a.wanted > a.swept as everything,
    a.wanted > a.swept or a.swept_on is distinct from today.day as whole
from alert_watch.account a
join unnest($2::text[], $3::date[]) as today (time_zone, day) on today.time_zone = a.time_zone
where a.not_before <= $1
  and (a.wanted > a.swept
       or a.swept_on is distinct from today.day
       or a.due_at <= $1)
order by a.not_before, a.tenant_id
limit $4
