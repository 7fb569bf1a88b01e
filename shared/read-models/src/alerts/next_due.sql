-- $1 tenant.
select min(a.due_at) filter (where a.standing = 'pending') as due_at,
    min(a.snoozed_until) filter (where a.standing = 'open') as snoozed_until
from alerts.alert a
where a.tenant_id = $1
  and (a.standing = 'pending' or (a.standing = 'open' and a.snoozed_until is not null))
