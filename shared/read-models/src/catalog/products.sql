-- $1 tenant, $2 companies the token sees, $3 day, $4 text to search, in lower case, $5 vendors in lower case, $6 ids,
-- $7 whether merged ones are among them, $8 and $9 where the page before ended, $10 limit.
with page as materialized (
    select p.*
    from catalog.product p
    where p.tenant_id = $1
      and ($4::text is null or strpos(lower(p.name), $4) > 0 or exists (
          select from jsonb_array_elements(p.aliases) alias where strpos(lower(alias ->> 'text'), $4) > 0))
      and ($5::text[] is null or lower(p.vendor) = any ($5))
      and ($6::uuid[] is null or p.product_id = any ($6))
      and ($7::boolean or p.merged_into is null)
      and ($8::text is null or (p.name, p.product_id) > ($8, $9::uuid))
    order by p.name, p.product_id
    limit $10
)
select page.product_id, page.name, page.vendor, page.suite_of, page.installable, page.installs_per_user,
    page.downgrade_of, page.notice_days, page.merged_into, page.aliases, page.entry, page.updated_at, state.version,
    had.licenses, had.companies
from page
join catalog.state state on state.tenant_id = $1
cross join lateral (
    select count(distinct l.asset_id) as licenses, count(distinct l.company_id) as companies
    from compliance.license_day l
    where l.tenant_id = $1 and l.product_key = 'product ' || page.product_id
      and ($2::uuid[] is null or l.company_id = any ($2))
      and l.from_day <= $3::date and (l.until_day is null or l.until_day >= $3)
) had
order by page.name, page.product_id
