-- The account's policy, and what is said of a company, a type and an asset. $1 tenant, $2 today, one of $3 company,
-- $4 type and $5 asset; an asset's type and company are looked up.
select p.lead_days, p.shortage_after_hours, p.surplus_after_days, p.min_free_seats, p.muted,
    t.alerts as type_alerts, t.version as type_version, c.alerts as company_alerts, c.version as company_version,
    a.alerts as asset_alerts, a.version as asset_version, d.company_id as asset_company_id
from register.policy p
left join register.asset a on a.tenant_id = $1 and a.asset_id = $5::uuid
left join register.asset_day d on d.tenant_id = $1 and d.asset_id = $5
    and d.from_day <= $2::date and (d.until_day is null or d.until_day >= $2)
left join register.asset_type t on t.tenant_id = $1 and t.type_id = coalesce($4::uuid, a.type_id)
left join register.company c on c.tenant_id = $1 and c.company_id = coalesce($3::uuid, d.company_id)
where p.tenant_id = $1
