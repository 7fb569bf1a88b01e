-- What should be acted on, who is told of it, and in which tickets. An alert is of one subject and cause for ever; its
-- row is how it stands now. Its occurrences before are told by the trail.
create table alerts_next.alert (
    tenant_id     uuid        not null,
    alert_id      uuid        not null,
    company_id    uuid,                 -- none for what concerns the whole account
    kind          text        not null,
    cause         text        not null,
    about         text        not null, -- pool, asset, token
    asset_id      uuid,                 -- of what is about an asset
    token_id      uuid,                 -- of what is about a token
    product_key   text,                 -- of what is about a pool, as compliance.pool_day has it, with the company
    metric        text,
    standing      text        not null, -- pending, open, cleared
    due_at        timestamptz,          -- of what is pending: when it is raised if it lasts
    occurrence    integer     not null, -- how often it was raised
    term          date,
    deadline      date,
    lead_days     integer,
    since         date,
    seats         bigint,               -- missing, to be trued up, spare or free, as the kind says
    owned         bigint,
    in_use        bigint,
    note          text,
    acknowledged  boolean     not null,
    snoozed_until date,                 -- the last day on which nothing is told
    gravity       integer     not null, -- the gravest has the largest; 0 for what waits for the review alone
    urgent_on     date        not null, -- the deadline, else since when it is so, else when it was found
    begun_at      timestamptz not null, -- when it was noticed or raised last
    raised_at     timestamptz,          -- when this occurrence was raised; none if it never was
    changed_at    timestamptz not null, -- of its last event
    cleared_at    timestamptz,          -- of what is cleared
    cleared       text,                 -- why: gone, next_term, decided, by_person
    version       integer     not null, -- the stream's
    entry         bigint      not null  -- of its last event
);

-- The licenses that an alert concerns, as it was found last.
create table alerts_next.alert_license (
    tenant_id uuid not null,
    alert_id  uuid not null,
    asset_id  uuid not null
);

-- The tickets of the alert's current occurrence, one in each system.
create table alerts_next.ticket (
    tenant_id      uuid        not null,
    alert_id       uuid        not null,
    integration_id uuid        not null,
    ticket_id      text        not null, -- by which the system is asked for it
    number         text        not null, -- what people call it
    url            text,
    standing       text        not null, -- open, taken_over, closed, closed_by_person, deleted
    opened_at      timestamptz not null,
    changed_at     timestamptz not null  -- when something of it was last recorded, comments included
);

create table alerts_next.integration (
    tenant_id      uuid        not null,
    integration_id uuid        not null,
    name           text        not null,
    kind           text        not null,
    settings       jsonb       not null, -- {name: text}
    filter         jsonb       not null, -- {companies: [], kinds: [], events: [], types: []}; empty means all
    group_renewals boolean     not null,
    secrets        jsonb       not null, -- {name: version} of those that are stored
    mode           text        not null, -- dry_run, on, paused
    removed        boolean     not null,
    version        integer     not null,
    entry          bigint      not null,
    created_at     timestamptz not null,
    updated_at     timestamptz not null
);

create table alerts_next.feed (
    tenant_id  uuid        not null,
    feed_id    uuid        not null,
    label      text        not null,
    companies  uuid[],               -- the companies that it shows; none means all
    closed     boolean     not null,
    created_at timestamptz not null
);
