-- $1 tenant, $2 now. What is overdue was just looked at: until these models tell that it was raised, it must not hide what
-- comes after it.
select min(a.due_at) filter (where a.standing = 'pending' and a.due_at > $2::timestamptz) as due_at,
    min(a.snoozed_until) filter (where a.standing = 'open') as snoozed_until
from alerts.alert a
where a.tenant_id = $1
  and (a.standing = 'pending' or (a.standing = 'open' and a.snoozed_until is not null))
