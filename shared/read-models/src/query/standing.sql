-- How far the models have come with a tenant, and what the tenant has settled. A model without a row has
-- not met the tenant yet.
select coalesce(min(coalesce(p.entry, 0)), 0),
       min(p.entry) filter (where p.halted_reason is not null),
       s.time_zone, s.min_spare_seats, s.spare_ratio_percent, s.stale_after_days, s.typed_stale_after_days
from unnest($2::text[]) as wanted (model)
left join read.progress p on p.tenant_id = $1 and p.model = wanted.model
left join register.policy s on s.tenant_id = $1
group by s.time_zone, s.min_spare_seats, s.spare_ratio_percent, s.stale_after_days, s.typed_stale_after_days
