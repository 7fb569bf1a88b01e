-- The one way to a calendar feed before its account is known: whoever has its address shows no token.

-- What a feed's opening said, whose it is, and whether it was closed: by its public id, which is its stream. A stream
-- of two events at most. plpgsql, as for tokens.
create function access.feed(
    feed uuid, out tenant_id uuid, out opened text, out closed boolean
)
    returns setof record language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
    rows 1
as $$
begin
    return query
        select e.tenant_id,
               e.payload::text,
               exists (select from log.event c where c.stream_id = feed and c.type = 'FeedClosed')
        from log.event e
        where e.stream_id = feed and e.version = 1 and e.type = 'FeedOpened';
end
$$;

revoke execute on function access.feed(uuid) from public;
grant execute on function access.feed(uuid) to seatledger_query;
