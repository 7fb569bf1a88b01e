insert into alert_watch.checkpoint as c (sequence, event_id) values ($1, $2)
on conflict (only_one) do update set sequence = excluded.sequence, event_id = excluded.event_id
where c.sequence < excluded.sequence
