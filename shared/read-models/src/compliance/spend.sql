-- $1 tenant, $2 companies the token sees, $3 and $4 first and last day, $5 companies, $6 product keys, $7 vendors in
-- lower case, $8 licenses, $9 and $10 where the page before ended, $11 limit. {group} is what is added up by, {key} and
-- {id} tell groups apart, {name} is what they are called, {names} where that stands.
--
-- What a year costs accrues day by day, each day an equal part of its calendar year: of a whole calendar year exactly
-- what a year costs. Amounts are added up before they are divided, and rounded to cents once.
with years as materialized (
    select year.first, (year.first + interval '1 year')::date - 1 as last,
        (year.first + interval '1 year')::date - year.first as days
    from (
        select make_date(number, 1, 1) as first
        from generate_series(extract(year from $3::date)::integer, extract(year from $4::date)::integer) number
    ) year
),
shares as not materialized (
    select {group} as group_of, l.asset_id, l.product, l.vendor, l.currency, l.annual_amount, l.annual_cost, years.days,
        least(coalesce(l.until_day, $4), $4, years.last) - greatest(l.from_day, $3, years.first) + 1 as share_days
    from compliance.license_day l
    join years on years.first <= coalesce(l.until_day, $4) and years.last >= l.from_day
    where l.tenant_id = $1
      and ($2::uuid[] is null or l.company_id = any ($2))
      and l.from_day <= $4 and (l.until_day is null or l.until_day >= $3)
      and ($5::uuid[] is null or l.company_id = any ($5))
      and ($6::text[] is null or l.product_key = any ($6))
      and ($7::text[] is null or lower(l.vendor) = any ($7))
      and ($8::uuid[] is null or l.asset_id = any ($8))
      -- Past its term a license may still own what says its own end.
      and (l.in_force or l.owned > 0) and l.currency is not null
),
paid as (
    select {group} as group_of, l.asset_id, l.product, l.vendor, l.currency, sum(l.unit_price * l.quantity) as amount
    from (
        select p.company_id, p.asset_id, p.currency, p.unit_price, p.quantity, of.product_key, of.product, of.vendor
        from holdings.purchase p
        left join lateral (
            -- What it is a license of is the same on all its days.
            select l.product_key, l.product, l.vendor from compliance.license_day l
            where l.tenant_id = p.tenant_id and l.asset_id = p.asset_id
            limit 1
        ) of on true
        where p.tenant_id = $1
          and ($2 is null or p.company_id = any ($2))
          and p.from_day between $3 and $4 and (p.until_day is null or p.until_day >= p.from_day)
          and p.unit_price is not null and coalesce(p.price_per, 'once') = 'once'
          and ($5 is null or p.company_id = any ($5))
          and ($8 is null or p.asset_id = any ($8))
    ) l
    where ($6 is null or l.product_key = any ($6))
      and ($7 is null or lower(l.vendor) = any ($7))
    group by 1, 2, 3, 4, 5
),
parts as (
    select group_of, (array_agg(asset_id))[1] as asset_id, min(product) as product, min(vendor) as vendor, currency, days,
        sum(annual_amount * share_days) as amount_days, null::numeric as once
    from shares
    where currency <> '*'
    group by group_of, currency, days
    union all
    -- Few licenses cost in several currencies: only theirs are taken apart.
    select group_of, asset_id, product, vendor, cost.key, days, cost.value::numeric * share_days, null
    from shares
    cross join lateral jsonb_each_text(annual_cost) cost
    where shares.currency = '*'
    union all
    select group_of, asset_id, product, vendor, currency, null, null, amount
    from paid
),
summed as (
    select group_of, currency, (array_agg(asset_id))[1] as asset_id, min(product) as product, min(vendor) as vendor,
        round(coalesce(sum(amount_days) filter (where days = 365), 0) / 365
            + coalesce(sum(amount_days) filter (where days = 366), 0) / 366, 2) as recurring,
        round(coalesce(sum(once), 0), 2) as once
    from parts
    group by group_of, currency
),
named as (
    select {key} as group_key, {id} as id, {name} as name, part.currency, part.recurring, part.once
    from summed part
    {names}
)
select group_key as key, id, min(name) as name,
    coalesce(jsonb_object_agg(currency, recurring::text) filter (where recurring <> 0), '{}') as recurring,
    coalesce(jsonb_object_agg(currency, once::text) filter (where once <> 0), '{}') as once,
    jsonb_object_agg(currency, (recurring + once)::text) as amount
from named
where $9::text is null or (group_key, id) > ($9, $10::uuid)
group by group_key, id
order by group_key, id
limit $11
