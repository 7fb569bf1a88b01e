select person_id as id, name
from access.person
where tenant_id = $1 and person_id = any ($2) and erased_at is null
