select model, sequence, event_id, structure, generation
from read.checkpoint
where model = any ($1)
