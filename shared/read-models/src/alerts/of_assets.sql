-- $1 tenant, $2 assets. `offset 0` and the limits keep each look-up one by the key.
with wanted as materialized (
    select distinct asset_id from unnest($2::uuid[]) as given (asset_id)
),
pool as materialized (
    select d.company_id, d.product_key, d.metric
    from wanted
    cross join lateral (
        select * from compliance.license_day d where d.tenant_id = $1 and d.asset_id = wanted.asset_id offset 0
    ) d
    union
    -- The pools that it has left, as far as somebody was told of them.
    select a.company_id, a.product_key, a.metric
    from wanted
    cross join lateral (
        select * from alerts.alert_license l where l.tenant_id = $1 and l.asset_id = wanted.asset_id offset 0
    ) l
    cross join lateral (
        select * from alerts.alert a where a.tenant_id = $1 and a.alert_id = l.alert_id limit 1
    ) a
    where a.about = 'pool' and a.standing in ('pending', 'open')
)
select pool.company_id, pool.product_key, pool.metric, {licenses} as asset_ids, null::uuid as token_id
from pool
union all
select null, null, null, array[wanted.asset_id], null
from wanted
left join lateral (
    select true as is_so from compliance.license_day d where d.tenant_id = $1 and d.asset_id = wanted.asset_id limit 1
) pooled on true
where pooled.is_so is null
