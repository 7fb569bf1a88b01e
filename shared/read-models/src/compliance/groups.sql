-- The same as summary.sql, a row for each company or vendor: {group} is what is added up by, {key} and {id} tell them
-- apart, {name} is what they are called, {names} where that stands. $11 statuses, $12 and $13 where the page before
-- ended, $14 limit. Companies are chosen first, by the index over their names, and only their pools are added up.
with {chosen}pools as not materialized (
    select {group} as group_of, pool.vendor, {status:pool} as status, {stale:pool} as stale, pool.short, pool.spare,
        pool.incomplete, pool.recoverable_now, pool.currency, pool.short_amount, pool.spare_amount,
        pool.recoverable_now_amount, pool.short_cost, pool.spare_cost, pool.recoverable_now_cost
    from compliance.pool_day pool
    where pool.tenant_id = $1{of_chosen}
      and ($2::uuid[] is null or pool.company_id = any ($2))
      and {holds:pool}
      and ($8::uuid[] is null or pool.company_id = any ($8))
      and ($9::text[] is null or pool.product_key = any ($9))
      and ($10::text[] is null or lower(pool.vendor) = any ($10))
      and ($11::text[] is null or {status:pool} = any ($11))
),
parts as materialized (
    select group_of, status, currency, min(vendor) as vendor, count(*) as pools, sum(short) as short,
        sum(spare) as spare, count(*) filter (where incomplete or stale) as incomplete,
        count(*) filter (where stale) as stale, sum(recoverable_now) as recoverable_now,
        sum(short_amount) as short_amount, sum(spare_amount) as spare_amount,
        sum(recoverable_now_amount) as recoverable_now_amount
    from pools
    group by group_of, status, currency
),
page as materialized (
    select part.*, {key} as key, {id} as id, {name} as name
    from (
        select group_of, min(vendor) as vendor, sum(pools)::bigint as pools, sum(short)::bigint as short,
            sum(spare)::bigint as spare, sum(incomplete)::bigint as incomplete, sum(stale)::bigint as stale,
            sum(recoverable_now)::bigint as recoverable_now
        from parts
        group by group_of
    ) part
    {names}
    where $12::text is null or ({key}, {id}) > ($12, $13::uuid)
    order by {key}, {id}
    limit $14
),
by_status as (
    select group_of, json_object_agg(status, pools) as by_status
    from (
        select group_of, status, sum(pools)::bigint as pools
        from parts
        group by group_of, status
    ) counted
    group by group_of
),
-- Few pools cost in several currencies: only theirs are taken apart.
amounts as (
    select group_of, currency, short_amount, spare_amount, recoverable_now_amount
    from parts
    where currency <> '*'
    union all
    select pools.group_of, cost.currency, case when kind = 'short' then amount end,
        case when kind = 'spare' then amount end, case when kind = 'recoverable' then amount end
    from pools
    cross join lateral (
        select 'short' as kind, key as currency, value::numeric as amount from jsonb_each_text(short_cost)
        union all
        select 'spare', key, value::numeric from jsonb_each_text(spare_cost)
        union all
        select 'recoverable', key, value::numeric from jsonb_each_text(recoverable_now_cost)
    ) cost
    where pools.currency = '*'
),
costs as (
    select group_of,
        jsonb_object_agg(currency, short::text) filter (where short <> 0) as short_cost,
        jsonb_object_agg(currency, spare::text) filter (where spare <> 0) as spare_cost,
        jsonb_object_agg(currency, recoverable_now::text) filter (where recoverable_now <> 0) as recoverable_now_cost
    from (
        select group_of, currency, sum(short_amount) as short, sum(spare_amount) as spare,
            sum(recoverable_now_amount) as recoverable_now
        from amounts
        group by group_of, currency
    ) summed
    group by group_of
)
select page.key, page.id, page.name, page.pools, page.short, page.spare, page.incomplete, page.stale,
    page.recoverable_now, coalesce(costs.short_cost, '{}') as short_cost, coalesce(costs.spare_cost, '{}') as spare_cost,
    coalesce(costs.recoverable_now_cost, '{}') as recoverable_now_cost, by_status.by_status
from page
join by_status on by_status.group_of = page.group_of
left join costs on costs.group_of = page.group_of
order by page.key, page.id
