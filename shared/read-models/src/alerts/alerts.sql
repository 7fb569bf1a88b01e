-- $1 tenant, $2 companies the token sees, $3 today, $4 one alert, $5 companies, $6 kinds, $7 causes, $8 standings,
-- $9 acknowledged or not, $10 put off today or not, $11 assets, $12 keys of products, from $13 where the page before
-- ended, then the limit. What concerns the whole account is not for a token that is limited to companies.
with page as materialized (
    select a.*
    from alerts.alert a
    where a.tenant_id = $1
      and ($2::uuid[] is null or a.company_id = any ($2))
      and ($4::uuid is null or a.alert_id = $4)
      and ($5::uuid[] is null or a.company_id = any ($5))
      and ($6::text[] is null or a.kind = any ($6))
      and ($7::text[] is null or a.cause = any ($7))
      and ($8::text[] is null or a.standing = any ($8))
      and ($9::boolean is null or a.acknowledged = $9)
      and ($10::boolean is null or coalesce(a.snoozed_until >= $3::date, false) = $10)
      and ($11::uuid[] is null or a.alert_id = any (array(
          select l.alert_id from alerts.alert_license l where l.tenant_id = $1 and l.asset_id = any ($11))))
      and ($12::text[] is null or a.product_key = any ($12) or exists (
          select from compliance.license_day d
          where d.tenant_id = $1 and d.asset_id = a.asset_id and d.product_key = any ($12)))
      and {beyond}
    order by {order}
    limit {limit}
)
select page.alert_id, page.company_id, c.name as company_name, page.kind, page.cause, page.about, page.asset_id,
    own.name as asset_name, page.token_id, coalesce(page.product_key, part.product_key) as product_key,
    coalesce(pool.product_id, part.product_id) as product_id, coalesce(pool.product, part.product, own.product) as product,
    coalesce(pool.vendor, part.vendor, own.vendor) as vendor, coalesce(page.metric, part.metric) as metric, page.standing,
    page.due_at, page.occurrence, page.term, page.deadline, page.lead_days, page.since, page.seats, page.owned,
    page.in_use, page.note, page.acknowledged, page.snoozed_until, page.gravity, page.urgent_on, page.begun_at,
    page.raised_at, page.changed_at, page.cleared_at, page.cleared, page.version, page.entry, license.licenses,
    ticket.tickets
from page
left join lateral (
    select c.name from register.company c where c.tenant_id = $1 and c.company_id = page.company_id limit 1
) c on true
left join lateral (
    select a.name, a.product, a.vendor from register.asset a where a.tenant_id = $1 and a.asset_id = page.asset_id limit 1
) own on true
left join lateral (
    select p.product_id, p.product, p.vendor
    from compliance.pool_day p
    where p.tenant_id = $1 and p.company_id = page.company_id and p.product_key = page.product_key
      and p.metric = page.metric
    order by p.from_day desc limit 1
) pool on true
left join lateral (
    select d.product_key, d.product_id, d.product, d.vendor, d.metric
    from compliance.license_day d
    where d.tenant_id = $1 and d.asset_id = page.asset_id and not d.allocated
    order by d.from_day desc limit 1
) part on true
cross join lateral (
    select coalesce(json_agg(json_build_object('asset_id', l.asset_id, 'name', a.name) order by a.name, l.asset_id), '[]')
        as licenses
    from alerts.alert_license l
    left join lateral (
        select a.name from register.asset a where a.tenant_id = $1 and a.asset_id = l.asset_id limit 1
    ) a on true
    where l.tenant_id = $1 and l.alert_id = page.alert_id
) license
cross join lateral (
    select coalesce(json_agg(json_build_object(
            'integration_id', t.integration_id, 'integration', i.name, 'ticket_id', t.ticket_id, 'number', t.number,
            'url', t.url, 'standing', t.standing, 'opened_at', t.opened_at, 'changed_at', t.changed_at
        ) order by t.opened_at, t.integration_id), '[]') as tickets
    from alerts.ticket t
    left join lateral (
        select i.name from alerts.integration i
        where i.tenant_id = $1 and i.integration_id = t.integration_id limit 1
    ) i on true
    where t.tenant_id = $1 and t.alert_id = page.alert_id
) ticket
order by {page_order}
