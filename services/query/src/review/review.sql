-- All that a review tells of one company, in one statement and so of one moment. $1 tenant, $2 company, $3 companies the
-- token sees, $4 the day it holds for, $5 the day before its period, $6 the last day of what lies ahead, $7 and $8 from
-- when on spare seats are too many, $9 and $10 days after which a synced and a typed count is stale, $11 whether it is
-- for the account itself: what it pays is read for nobody else; $12 most licenses and events of a list, $13 the models.
with license as materialized (
    select l.*, a.name, a.type_id
    from compliance.license_day l
    join register.asset a on a.tenant_id = l.tenant_id and a.asset_id = l.asset_id
    where l.tenant_id = $1 and l.company_id = $2
      and l.from_day <= $4::date and (l.until_day is null or l.until_day >= $4)
    order by l.asset_id
    limit $12
), own_asset as materialized (
    -- Whatever the company has or had.
    select distinct d.asset_id from register.asset_day d where d.tenant_id = $1 and d.company_id = $2
), amount as materialized (
    -- What a year of a license is sold for, or costs, as it is typed.
    select a.asset_id, (
        select d.dated -> (field ->> 'key')
        from register.asset_day d
        join register.asset_type t on t.tenant_id = $1 and t.type_id = a.type_id
        cross join lateral jsonb_array_elements(t.fields) with ordinality of_type (field, at)
        where d.tenant_id = $1 and d.asset_id = a.asset_id
          and d.from_day <= $4 and (d.until_day is null or d.until_day >= $4)
          and field ->> 'role' = case when $11::boolean then 'annual_cost' else 'annual_price' end
          and not (field ->> 'retired')::boolean
        order by of_type.at
        limit 1
    ) as typed
    from register.asset a
    where a.tenant_id = $1
      and (a.asset_id in (select asset_id from own_asset) or a.asset_id in (select asset_id from license))
), ending as materialized (
    select e.asset_id, e.auto_renew, e.ends, e.ends > e.expiry_date as presumed,
        expiry.deadline(e.ends, e.auto_renew, e.term_months, e.notice_days, e.cancel_by) as deadline
    from (
        select e.*, expiry.rolled(e.expiry_date, e.rolls_months, $4) as ends
        from expiry.expiry_day e
        where e.tenant_id = $1
          and (e.asset_id in (select asset_id from own_asset) or e.asset_id in (select asset_id from license))
          and e.from_day <= $4 and (e.until_day is null or e.until_day >= $4)
        -- The end is computed once: the planner takes functions into the query only of plain columns.
        offset 0
    ) e
)
select c.name as company, p.tenant_name as account, stand.first_entry, stand.last_entry, stand.halted,
    pool.pools, part.licenses, earlier.positions, ahead.ends, began.new, renewed.renewals, gone.ended, went.transfers,
    alert.alerts
from register.company c
join register.policy p on p.tenant_id = c.tenant_id
cross join lateral (
    select min(coalesce(p.entry, 0)) as first_entry, max(coalesce(p.entry, 0)) as last_entry,
        count(p.halted_reason) > 0 as halted
    from unnest($13::text[]) as wanted (model)
    left join read.progress p on p.tenant_id = $1 and p.model = wanted.model
) stand
cross join lateral (
    select coalesce(json_agg(json_build_object(
        'product_key', pool.product_key, 'metric', pool.metric, 'product', pool.product, 'vendor', pool.vendor,
        'owned', pool.owned, 'in_use', pool.in_use, 'short', pool.short, 'spare', pool.spare,
        'recoverable_now', pool.recoverable_now, 'status', {status:pool},
        'incomplete', pool.incomplete or coalesce($4 - pool.oldest_synced > $9::integer, false)
            or coalesce($4 - pool.oldest_typed > $10::integer, false),
        'spare_since', run.spare_since, 'short_since', run.short_since
    )), '[]') as pools
    from compliance.pool_day pool
    cross join lateral (
        -- The first day of the last run of days on which there were any.
        select max(day.from_day) filter (where day.spare > 0 and not (day.adjacent and day.spare_before > 0)) as spare_since,
            max(day.from_day) filter (where day.short > 0 and not (day.adjacent and day.short_before > 0)) as short_since
        from (
            select d.from_day, d.spare, d.short, coalesce(lag(d.spare) over days, 0) as spare_before,
                coalesce(lag(d.short) over days, 0) as short_before,
                coalesce(lag(d.until_day) over days + 1 = d.from_day, false) as adjacent
            from compliance.pool_day d
            where d.tenant_id = $1 and d.company_id = $2 and d.product_key = pool.product_key
              and d.metric = pool.metric and d.from_day <= $4
            window days as (order by d.from_day)
        ) day
    ) run
    where pool.tenant_id = $1 and pool.company_id = $2
      and pool.from_day <= $4 and (pool.until_day is null or pool.until_day >= $4)
) pool
cross join lateral (
    select coalesce(json_agg(json_build_object(
        'asset_id', l.asset_id, 'name', l.name, 'product_key', l.product_key, 'metric', l.metric,
        'allocated', l.allocated, 'total', l.total, 'owned', l.owned, 'in_use', l.in_use, 'in_force', l.in_force,
        'reducible', l.reducible, 'perpetual', coalesce(l.agreement = 'perpetual', false),
        'cost', case when $11 then l.annual_cost end, 'price', case when not $11 then amount.typed end,
        'elsewhere', (
            select coalesce(json_agg(o.total order by o.company_id), '[]')
            from compliance.license_day o
            where o.tenant_id = $1 and o.asset_id = l.asset_id and o.company_id <> $2
              and o.from_day <= $4 and (o.until_day is null or o.until_day >= $4)
        ),
        'deadline', ending.deadline
    )), '[]') as licenses
    from license l
    left join amount on amount.asset_id = l.asset_id
    left join ending on ending.asset_id = l.asset_id
) part
cross join lateral (
    select coalesce(json_agg(json_build_object(
        'product_key', d.product_key, 'metric', d.metric, 'product', d.product, 'owned', d.owned, 'in_use', d.in_use,
        'licensed_as', (
            -- What names no product is called as its license is.
            select min(a.name) from compliance.license_day l
            join register.asset a on a.tenant_id = $1 and a.asset_id = l.asset_id
            where d.product is null and l.tenant_id = $1 and l.company_id = $2 and l.product_key = d.product_key
              and l.metric = d.metric
        )
    )), '[]') as positions
    from compliance.pool_day d
    where d.tenant_id = $1 and d.company_id = $2
      and d.from_day <= $5::date and (d.until_day is null or d.until_day >= $5)
) earlier
cross join lateral (
    select coalesce(json_agg(json_build_object(
        'asset_id', e.asset_id, 'name', a.name, 'expiry_date', e.ends, 'deadline', e.deadline,
        'auto_renew', e.auto_renew, 'presumed', e.presumed, 'decision', r.decision, 'quantity', r.quantity,
        'note', case when $11 then r.note end, 'typed', amount.typed
    )), '[]') as ends
    from ending e
    join register.asset_day d on d.tenant_id = $1 and d.asset_id = e.asset_id and d.company_id = $2 and not d.archived
        and d.from_day <= $4 and (d.until_day is null or d.until_day >= $4)
    join register.asset a on a.tenant_id = $1 and a.asset_id = e.asset_id
    left join amount on amount.asset_id = e.asset_id
    left join holdings.renewal r on r.tenant_id = $1 and r.asset_id = e.asset_id and r.term_end = e.ends
    where e.ends >= $4 and (e.ends <= $6::date or e.deadline between $4 and $6)
) ahead
cross join lateral (
    select coalesce(json_agg(json_build_object('asset_id', l.asset_id, 'name', a.name, 'on', l.begun, 'seats', l.owned)),
        '[]') as new
    from (
        select l.asset_id, min(l.from_day) as begun, (array_agg(l.owned order by l.from_day desc))[1] as owned
        from compliance.license_day l
        where l.tenant_id = $1 and l.company_id = $2 and l.from_day <= $4
        group by l.asset_id
        having min(l.from_day) > $5
        order by l.asset_id
        limit $12
    ) l
    join register.asset a on a.tenant_id = $1 and a.asset_id = l.asset_id
) began
cross join lateral (
    select coalesce(json_agg(json_build_object('asset_id', r.asset_id, 'name', a.name, 'on', r.effective_on,
        'seats', r.to_count, 'until', r.to_expiry)), '[]') as renewals
    from (
        -- A renewal that was recorded twice for a day is one.
        select distinct on (s.asset_id, s.effective_on) s.*
        from seats.change s
        where s.tenant_id = $1 and s.asset_id in (select asset_id from own_asset) and s.company_id = $2
          and s.kind = 'renewal' and s.effective_on > $5 and s.effective_on <= $4
        order by s.asset_id, s.effective_on, s.entry desc
        limit $12
    ) r
    join register.asset a on a.tenant_id = $1 and a.asset_id = r.asset_id
) renewed
cross join lateral (
    select coalesce(json_agg(json_build_object('asset_id', g.asset_id, 'name', a.name, 'on', g.ended,
        'archived', g.archived)), '[]') as ended
    from (
        -- No longer tracked, though it is still the company's.
        select d.asset_id, max(d.from_day) as ended, true as archived
        from register.asset_day d
        where d.tenant_id = $1 and d.company_id = $2 and d.archived and d.from_day > $5 and d.from_day <= $4
          and (d.until_day is null or d.until_day >= $4)
          and exists (
              select from compliance.license_day l
              where l.tenant_id = $1 and l.asset_id = d.asset_id and l.company_id = $2 and l.until_day < $4)
        group by d.asset_id
        union all
        select l.asset_id, e.ends, false
        from license l
        join ending e on e.asset_id = l.asset_id
        where not l.in_force and e.ends >= $5 and e.ends < $4
        limit $12
    ) g
    join register.asset a on a.tenant_id = $1 and a.asset_id = g.asset_id
) gone
cross join lateral (
    select coalesce(json_agg(json_build_object('asset_id', t.asset_id, 'name', a.name, 'on', t.went_on, 'seats', t.seats,
        'received', t.received)), '[]') as transfers
    from (
        select d.asset_id, d.from_day as went_on, null::bigint as seats, d.company_id = $2 as received
        from register.asset_day d
        join register.asset_day b on b.tenant_id = $1 and b.asset_id = d.asset_id and b.until_day = d.from_day - 1
        where d.tenant_id = $1 and d.asset_id in (select asset_id from own_asset)
          and d.from_day > $5 and d.from_day <= $4
          and d.company_id <> b.company_id and (d.company_id = $2 or b.company_id = $2)
        union all
        select s.asset_id, s.effective_on, s.quantity, s.kind = 'received'
        from seats.change s
        where s.tenant_id = $1 and s.asset_id in (select asset_id from own_asset) and s.company_id = $2
          and s.kind in ('transferred', 'received') and s.effective_on > $5 and s.effective_on <= $4
        limit $12
    ) t
    join register.asset a on a.tenant_id = $1 and a.asset_id = t.asset_id
) went
cross join lateral (
    select coalesce(json_agg(json_build_object(
        'alert_id', a.alert_id, 'kind', a.kind, 'product_key', a.product_key, 'metric', a.metric,
        'name', coalesce(asset.name, pool.product, pool.name), 'term', a.term, 'deadline', a.deadline, 'since', a.since,
        'seats', a.seats, 'owned', a.owned, 'in_use', a.in_use, 'acknowledged', a.acknowledged,
        'gravity', a.gravity, 'urgent_on', a.urgent_on, 'note', case when $11 then a.note end
    )), '[]') as alerts
    from (
        select a.* from alerts.alert a
        where a.tenant_id = $1 and a.company_id = $2 and a.standing = 'open'
        order by a.gravity desc, a.urgent_on, a.alert_id
        limit $12
    ) a
    left join register.asset asset on asset.tenant_id = $1 and asset.asset_id = a.asset_id
    left join lateral (
        select l.product, n.name from compliance.license_day l
        join register.asset n on n.tenant_id = $1 and n.asset_id = l.asset_id
        where l.tenant_id = $1 and l.company_id = a.company_id and l.product_key = a.product_key and l.metric = a.metric
        order by l.from_day desc, l.asset_id limit 1
    ) pool on true
) alert
where c.tenant_id = $1 and c.company_id = $2 and ($3::uuid[] is null or c.company_id = any ($3))
