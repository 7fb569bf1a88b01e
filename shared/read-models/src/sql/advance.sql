update read.checkpoint
set sequence = $2, event_id = $3
where model = any ($1) and sequence < $2
