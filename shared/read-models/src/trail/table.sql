-- Who did what, when and why: every entry of the ledger.
create table trail_next.entry (
    tenant_id    uuid        not null,
    entry        bigint      not null,
    sequence     bigint      not null,
    event_id     uuid        not null,
    recorded_at  timestamptz not null,
    effective_on date        not null,
    event_type   text        not null,
    stream_id    uuid        not null,
    version      integer     not null,
    company_id   uuid,
    asset_id     uuid,                 -- the asset that it concerns, also where another stream tells of it; see concerned
    actor_kind   text        not null, -- person, integration, system
    actor        text        not null, -- the person's id, the integration's name, or system
    token_id     uuid,
    request      text,
    reason       text,
    payload      json        not null  -- byte for byte
);

-- Further assets that an entry concerns: what happens to an alert is told in the history of each of its licenses.
create table trail_next.concerned (
    tenant_id uuid   not null,
    asset_id  uuid   not null,
    entry     bigint not null
);
