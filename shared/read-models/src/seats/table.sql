-- Every change of an asset's seats: from how many to how many, since when, who, when and why.
create table seats_next.change (
    tenant_id    uuid        not null,
    asset_id     uuid        not null,
    entry        bigint      not null,
    event_id     uuid        not null,
    -- total, in_use, source, purchase, purchase_ended, reduced, renewal, assigned, released, allocated, transferred,
    -- received
    kind         text        not null,
    -- Of the total on the first day that it concerns, before and after; for in_use of the seats in use, for assigned
    -- and released of those that assignments take, for reduced of the purchase, for allocated of the company.
    from_count   bigint,
    to_count     bigint,
    effective_on date        not null, -- of purchase_ended and released: the last day
    recorded_at  timestamptz not null,
    correction   boolean     not null,
    source       text,                 -- of in_use and source: typed, named, synced
    from_source  text,                 -- of source: the one that counted before
    quantity     bigint,               -- seats that went from hand to hand: of assigned, released, transferred, received
    for_company  uuid,                 -- of allocated and transferred, and of in_use where seats allocated to it are counted
    other_asset  uuid,                 -- of transferred the license that they went to, of received the one they came from
    purchase_id  uuid,                 -- of purchase, purchase_ended and reduced
    from_expiry  date,                 -- of renewal
    to_expiry    date,                 -- of renewal
    company_id   uuid,
    actor_kind   text        not null, -- person, integration, system
    actor        text        not null, -- the person's id, the integration's name, or system
    token_id     uuid,
    reason       text
);
