-- $1 tenant, $2 asset, $3 companies the token sees, $4 day, $5 where the page before ended, $6 limit. A row without a
-- purchase says that there is such an asset, and of whom.
select d.company_id as owner_id, p.purchase_id, p.position, p.company_id, p.quantity, p.from_day, p.until_day,
    p.unit_price::text as unit_price, p.currency, p.price_per, p.purchase_order, p.supplier, p.reducible_from,
    p.reducible_until, p.reductions, p.quantity_now
from register.asset_day d
left join lateral (
    select p.*,
        coalesce((
            select (reduction ->> 'quantity')::bigint
            from jsonb_array_elements(p.reductions) reduction
            where (reduction ->> 'from')::date <= $4
            order by (reduction ->> 'from')::date desc
            limit 1
        ), p.quantity) as quantity_now
    from holdings.purchase p
    where p.tenant_id = $1 and p.asset_id = $2
      and ($3::uuid[] is null or p.company_id = any ($3))
      and ($5::integer is null or p.position > $5)
    order by p.position
    limit $6
) p on true
where d.tenant_id = $1 and d.asset_id = $2
  and d.from_day <= $4::date and (d.until_day is null or d.until_day >= $4)
order by p.position
