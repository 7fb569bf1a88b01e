-- $1 tenant, $2 companies the token sees, $3 day, $4 and $5 thresholds, $6 and $7 days after which a synced and a typed
-- count is stale, $8 companies, $9 product keys, $10 vendors in lower case. Short and spare are summed apart: a shortage
-- here is not made good by a spare seat there.
with pools as not materialized (
    select {status:pool} as status, {stale:pool} as stale, pool.*
    from compliance.pool_day pool
    where pool.tenant_id = $1
      and ($2::uuid[] is null or pool.company_id = any ($2))
      and {holds:pool}
      and ($8::uuid[] is null or pool.company_id = any ($8))
      and ($9::text[] is null or pool.product_key = any ($9))
      and ($10::text[] is null or lower(pool.vendor) = any ($10))
),
by_currency as materialized (
    select status, currency, count(*) as pools, sum(short) as short, sum(spare) as spare,
        count(*) filter (where incomplete or stale) as incomplete, count(*) filter (where stale) as stale,
        sum(recoverable_now) as recoverable_now, sum(short_amount) as short_amount, sum(spare_amount) as spare_amount,
        sum(recoverable_now_amount) as recoverable_now_amount
    from pools
    group by status, currency
),
-- Few pools cost in several currencies: only theirs are taken apart.
amounts as (
    select status, currency, short_amount, spare_amount, recoverable_now_amount
    from by_currency
    where currency <> '*'
    union all
    select pools.status, cost.currency, case when kind = 'short' then amount end,
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
costs as materialized (
    select status, currency, sum(short_amount) as short, sum(spare_amount) as spare,
        sum(recoverable_now_amount) as recoverable_now
    from amounts
    group by status, currency
)
select counted.status, counted.pools, counted.short, counted.spare, counted.incomplete, counted.stale,
    counted.recoverable_now, cost.short_cost, cost.spare_cost, cost.recoverable_now_cost
from (
    select status, sum(pools)::bigint as pools, sum(short)::bigint as short, sum(spare)::bigint as spare,
        sum(incomplete)::bigint as incomplete, sum(stale)::bigint as stale,
        sum(recoverable_now)::bigint as recoverable_now
    from by_currency
    group by status
) counted
cross join lateral (
    select
        coalesce(jsonb_object_agg(currency, short::text) filter (where short <> 0), '{}') as short_cost,
        coalesce(jsonb_object_agg(currency, spare::text) filter (where spare <> 0), '{}') as spare_cost,
        coalesce(jsonb_object_agg(currency, recoverable_now::text) filter (where recoverable_now <> 0), '{}')
            as recoverable_now_cost
    from costs
    where costs.status = counted.status
) cost
