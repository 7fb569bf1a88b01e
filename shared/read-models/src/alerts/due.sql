-- $1 tenant, $2 now, $3 today, $4 where the page before ended, $5 limit.
select a.alert_id, a.cause, a.about, pool.company_id, pool.product_key, pool.metric,
    case
        when pool.product_key is not null then {licenses}
        when a.asset_id is not null then array[a.asset_id]
        else '{}'
    end as asset_ids,
    a.token_id
from (
    select *
    from alerts.alert a
    where a.tenant_id = $1
      and ((a.standing = 'pending' and a.due_at <= $2::timestamptz)
        or (a.standing = 'open' and a.snoozed_until < $3::date))
      and ($4::uuid is null or a.alert_id > $4)
    order by a.alert_id
    limit $5
) a
left join lateral (
    select a.company_id, a.product_key, a.metric where a.about = 'pool'
    union all
    -- The pool that it is in today; of what is in none, the last.
    (select d.company_id, d.product_key, d.metric
    from compliance.license_day d
    where a.about = 'asset' and d.tenant_id = $1 and d.asset_id = a.asset_id and not d.allocated
    order by d.from_day <= $3 desc, d.from_day desc
    limit 1)
) pool on true
order by a.alert_id
