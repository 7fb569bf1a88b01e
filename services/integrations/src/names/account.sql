select p.tenant_name, p.time_zone, p.quiet_hours::text
from register.policy p
where p.tenant_id = $1
