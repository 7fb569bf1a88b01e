-- What a newer release appends to a stream. $1 tenant, $2 stream, $3 event id.
insert into log.event (sequence, tenant_id, entry, stream_id, version, event_id, type, schema_version, company_id,
                       payload, metadata, effective_on, recorded_at)
select (select max(sequence) + 1 from log.event),
       $1,
       (select max(entry) + 1 from log.event where tenant_id = $1),
       $2,
       (select max(version) + 1 from log.event where stream_id = $2),
       $3, 'SeatsDreamt', 1, null, '{}', '{"principal":{"system":true}}', current_date, now()
