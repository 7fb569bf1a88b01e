select p.tenant_name, p.time_zone, p.currency, p.min_spare_seats, p.spare_ratio_percent, p.stale_after_days,
    p.typed_stale_after_days, p.lead_days, p.shortage_after_hours, p.surplus_after_days, p.min_free_seats, p.muted,
    p.quiet_hours, p.version, p.entry, p.updated_at
from register.policy p
where p.tenant_id = $1
