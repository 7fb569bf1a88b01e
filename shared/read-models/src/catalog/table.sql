-- The products of an account's catalog: one stream, whose version stands in state.

create table catalog_next.state (
    tenant_id  uuid        not null,
    version    integer     not null, -- of the catalog's stream
    entry      bigint      not null,
    updated_at timestamptz not null
);

create table catalog_next.product (
    tenant_id         uuid        not null,
    product_id        uuid        not null,
    name              text        not null,
    vendor            text,
    suite_of          uuid[]      not null, -- what the parts mean now: of merged ones, what they were merged into
    installable       boolean,              -- none if nobody said
    installs_per_user integer,
    downgrade_of      uuid,
    notice_days       integer,
    merged_into       uuid,                 -- the product that it means now, if it is no longer one of its own
    aliases           jsonb       not null, -- [{"kind": "name" or "sku", "text": …}], its name not among them
    entry             bigint      not null, -- the last that tells of it
    updated_at        timestamptz not null
);

-- Whose a name or part number is.
create table catalog_next.alias (
    tenant_id  uuid not null,
    kind       text not null, -- name, sku
    key        text not null, -- what all its spellings have in common
    product_id uuid not null  -- what it means now
);
