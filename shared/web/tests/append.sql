insert into log.event
select coalesce(max(sequence), 0) + 1, $1, coalesce(max(entry), 0) + 1, $2,
       coalesce(max(version) filter (where stream_id = $2), 0) + 1, $3, $4, 1, null, $5, '{}', '2026-01-01', now()
from log.event
