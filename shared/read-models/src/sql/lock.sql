select model, sequence, event_id, structure, generation
from read.checkpoint
where model = any ($1)
order by model
for update
