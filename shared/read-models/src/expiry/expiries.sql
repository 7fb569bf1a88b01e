-- $1 tenant, $2 companies the token sees, $3 day, $4 companies, $5 most days to the deadline, $6 and $7 where
-- the page before ended, $8 limit, $9 day before which not both the deadline and the end may lie. What is named is looked up for the rows of the page alone.
with page as materialized (
    select e.asset_id, e.company_id, e.auto_renew, e.ends > e.expiry_date as presumed, e.ends, term.deadline
    from (
        select e.*, expiry.rolled(e.expiry_date, e.rolls_months, $3::date) as ends
        from expiry.expiry_day e
        where e.tenant_id = $1
          and ($2::uuid[] is null or e.company_id = any ($2))
          and e.from_day <= $3 and (e.until_day is null or e.until_day >= $3)
          and ($4::uuid[] is null or e.company_id = any ($4))
        -- The end is computed once: the planner takes functions into the query only of plain columns.
        offset 0
    ) e
    cross join lateral (
        select expiry.deadline(e.ends, e.auto_renew, e.term_months, e.notice_days, e.cancel_by) as deadline
    ) term
    where ($5::integer is null or term.deadline <= $3 + $5)
      and ($9::date is null or term.deadline >= $9 or e.ends >= $9)
      and ($6::date is null or (term.deadline, e.asset_id) > ($6, $7::uuid))
    order by term.deadline, e.asset_id
    limit $8
)
select page.asset_id, a.name, page.company_id, c.name as company_name, a.product, a.vendor,
    page.ends as expiry_date, page.deadline, page.auto_renew, page.presumed
from page
cross join lateral (
    select coalesce(max(a.name), '') as name, max(a.product) as product, max(a.vendor) as vendor
    from register.asset a where a.tenant_id = $1 and a.asset_id = page.asset_id
) a
cross join lateral (
    select coalesce(max(c.name), '') as name
    from register.company c where c.tenant_id = $1 and c.company_id = page.company_id
) c
order by page.deadline, page.asset_id
