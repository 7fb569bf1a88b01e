insert into read.checkpoint (model, sequence, event_id, structure, generation)
select model, $3, $4, structure, 0
from unnest($1::text[], $2::text[]) of (model, structure)
