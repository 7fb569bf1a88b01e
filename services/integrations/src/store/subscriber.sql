select entry, version, health, paused_because, calls_hour, calls, digest_day
from integration.subscriber
where tenant_id = $1 and integration_id = $2 and not removed
