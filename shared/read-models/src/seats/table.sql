-- Every change of an asset's seats: from how many to how many, since when, who, when and why.
create table seats_next.change (
    tenant_id    uuid        not null,
    asset_id     uuid        not null,
    entry        bigint      not null,
    event_id     uuid        not null,
    kind         text        not null, -- total, in_use, purchase, purchase_ended, renewal
    -- Of the total (of the seats in use for in_use) on the first day that it concerns, before and after.
    from_count   bigint,
    to_count     bigint,
    effective_on date        not null, -- of purchase_ended: the last day
    recorded_at  timestamptz not null,
    correction   boolean     not null,
    source       text,                 -- of in_use: typed, named, synced
    purchase_id  uuid,
    from_expiry  date,                 -- of renewal
    to_expiry    date,                 -- of renewal
    company_id   uuid,
    actor_kind   text        not null, -- person, integration, system
    actor        text        not null, -- the person's id, the integration's name, or system
    token_id     uuid,
    reason       text
);
