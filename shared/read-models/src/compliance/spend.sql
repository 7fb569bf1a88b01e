-- $1 tenant, $2 companies the token sees, $3 and $4 first and last day, $5 companies, $6 product keys, $7 vendors in
-- lower case, $8 licenses, $9 and $10 where the page before ended, $11 limit. {key} and {id} tell groups apart, {name}
-- is what they are called.
--
-- What a year costs accrues day by day, each day an equal part of its calendar year: of a whole calendar year exactly
-- what a year costs. Amounts are added up before they are divided, and rounded to cents once.
with shares as (
    select l.company_id, l.asset_id, l.product_key, l.product, l.vendor, l.annual_cost,
        greatest(l.from_day, $3::date) as from_day, least(coalesce(l.until_day, $4::date), $4) as until_day
    from compliance.license_day l
    where l.tenant_id = $1
      and ($2::uuid[] is null or l.company_id = any ($2))
      and l.from_day <= $4 and (l.until_day is null or l.until_day >= $3)
      and ($5::uuid[] is null or l.company_id = any ($5))
      and ($6::text[] is null or l.product_key = any ($6))
      and ($7::text[] is null or lower(l.vendor) = any ($7))
      and ($8::uuid[] is null or l.asset_id = any ($8))
      and l.in_force and l.annual_cost <> '{}'
),
years as (
    select year.first, (year.first + interval '1 year')::date - 1 as last,
        (year.first + interval '1 year')::date - year.first as days
    from (
        select make_date(number, 1, 1) as first
        from generate_series(extract(year from $3)::integer, extract(year from $4)::integer) number
    ) year
),
accrued as (
    select s.company_id, s.asset_id, s.product_key, s.product, s.vendor, cost.key as currency, years.days,
        cost.value::numeric * (least(s.until_day, years.last) - greatest(s.from_day, years.first) + 1) as amount_days
    from shares s
    join years on years.first <= s.until_day and years.last >= s.from_day
    cross join lateral jsonb_each_text(s.annual_cost) cost
),
paid as (
    select p.company_id, p.asset_id, l.product_key, l.product, l.vendor, p.currency,
        p.unit_price * p.quantity as amount
    from holdings.purchase p
    left join lateral (
        -- What it is a license of is the same on all its days.
        select l.product_key, l.product, l.vendor from compliance.license_day l
        where l.tenant_id = p.tenant_id and l.asset_id = p.asset_id
        limit 1
    ) l on true
    where p.tenant_id = $1
      and ($2 is null or p.company_id = any ($2))
      and p.from_day between $3 and $4 and (p.until_day is null or p.until_day >= p.from_day)
      and p.unit_price is not null and coalesce(p.price_per, 'once') = 'once'
      and ($5 is null or p.company_id = any ($5))
      and ($6 is null or l.product_key = any ($6))
      and ($7 is null or lower(l.vendor) = any ($7))
      and ($8 is null or p.asset_id = any ($8))
),
parts as (
    select company_id, asset_id, product_key, product, vendor, currency, days, amount_days, null::numeric as once
    from accrued
    union all
    select company_id, asset_id, product_key, product, vendor, currency, null, null, amount
    from paid
),
named as (
    select {key} as group_key, {id} as id, {name} as name, part.currency, part.days, part.amount_days, part.once
    from parts part
    join register.company c on c.tenant_id = $1 and c.company_id = part.company_id
    join register.asset a on a.tenant_id = $1 and a.asset_id = part.asset_id
    where $9::text is null or ({key}, {id}) > ($9, $10::uuid)
),
summed as (
    select group_key, id, currency, min(name) as name,
        round(coalesce(sum(amount_days) filter (where days = 365), 0) / 365
            + coalesce(sum(amount_days) filter (where days = 366), 0) / 366, 2) as recurring,
        round(coalesce(sum(once), 0), 2) as once
    from named
    group by group_key, id, currency
)
select group_key as key, id, min(name) as name,
    coalesce(jsonb_object_agg(currency, recurring::text) filter (where recurring <> 0), '{}') as recurring,
    coalesce(jsonb_object_agg(currency, once::text) filter (where once <> 0), '{}') as once,
    jsonb_object_agg(currency, (recurring + once)::text) as amount
from summed
group by group_key, id
order by group_key, id
limit $11
