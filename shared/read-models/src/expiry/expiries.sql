-- $1 tenant, $2 companies the token sees, $3 day, $4 companies, $5 most days to the deadline, $6 and $7 where
-- the page before ended, $8 limit.
select e.asset_id, a.name, e.company_id, c.name as company_name, a.product, a.vendor, term.ends as expiry_date,
    term.deadline, e.auto_renew, term.ends > e.expiry_date as presumed
from (
    select e.*, expiry.rolled(e.expiry_date, e.rolls_months, $3::date) as ends
    from expiry.expiry_day e
    where e.tenant_id = $1
      and ($2::uuid[] is null or e.company_id = any ($2))
      and e.from_day <= $3 and (e.until_day is null or e.until_day >= $3)
      and ($4::uuid[] is null or e.company_id = any ($4))
) e
cross join lateral (
    select e.ends,
        expiry.deadline(e.ends, e.auto_renew, e.term_months, e.notice_days, e.cancel_by) as deadline
) term
join lateral (
    select * from register.asset a where a.tenant_id = e.tenant_id and a.asset_id = e.asset_id limit 1
) a on true
join lateral (
    select * from register.company c where c.tenant_id = e.tenant_id and c.company_id = e.company_id limit 1
) c on true
where ($5::integer is null or term.deadline <= $3 + $5)
  and ($6::date is null or (term.deadline, e.asset_id) > ($6, $7::uuid))
order by term.deadline, e.asset_id
limit $8
