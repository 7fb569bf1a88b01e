-- $1 tenant, $2 kind, $3 what all spellings of the name have in common.
select holder_id as id
from access.seat_holder
where tenant_id = $1 and kind = $2 and name_key = $3
