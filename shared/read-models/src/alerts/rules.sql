-- The most that anybody's rules say, so that whoever has none of their own is not passed over.
said as materialized (
    select c.alerts from register.company c where c.tenant_id = $1 and c.alerts is not null
    union all
    select t.alerts from register.asset_type t where t.tenant_id = $1 and t.alerts is not null
    union all
    select a.alerts from register.asset a where a.tenant_id = $1 and a.alerts is not null
),
rules as materialized (
    select p.min_spare_seats, p.spare_ratio_percent,
        coalesce(greatest(
            (select max(days) from unnest(p.lead_days) as lead (days)),
            (select max(lead.days::integer)
             from said cross join lateral jsonb_array_elements_text(nullif(said.alerts -> 'lead_days', 'null')) as lead (days))
        ), 0) as lead_days,
        greatest(p.min_free_seats, (select max((said.alerts ->> 'min_free_seats')::bigint) from said)) as min_free_seats
    from register.policy p
    where p.tenant_id = $1
)
