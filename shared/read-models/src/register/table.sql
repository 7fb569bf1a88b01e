-- What there is: types, companies, assets, documents and the tenant's policy, as they are.
-- Day intervals hold from from_day to until_day, both included; no until_day means for ever.
create table register_next.asset (
    tenant_id    uuid        not null,
    asset_id     uuid        not null,
    type_id      uuid        not null,
    name         text        not null, -- the product, else the first text, else the type's name
    product      text,                 -- by the roles of the type's fields, as are the next three
    vendor       text,
    vendor_key   text        not null, -- the vendor in lower case; empty without one
    metric       text,                 -- none for what is no license
    agreement    text,
    -- {field_key: value} as the API answers it, live fields only; a password is
    -- {"set": true, "secret_version": n, "stored_at": t}. Dated fields stand in asset_day.
    values       jsonb       not null,
    tags         text[]      not null,
    external_ids jsonb       not null, -- [{"system": …, "id": …}]
    alerts       jsonb,                -- what its alert rules say otherwise than its company's; see json::overrides
    version      integer     not null, -- the stream's
    entry        bigint      not null, -- of its last event
    created_at   timestamptz not null,
    updated_at   timestamptz not null
);

-- What an asset is found by; see terms.rs. A table of its own, since most events change none of it and the index
-- over it is dear to write.
create table register_next.asset_terms (
    tenant_id uuid   not null,
    asset_id  uuid   not null,
    name      text   not null, -- the asset's, so that the first of many are told without a look at each
    terms     text[] not null
);

-- The ids and names of assets with such terms, of the one tenant that the transaction names, and no more than so many.
-- A search by the index is not possible under a policy, since its operator is not known to leak nothing: so it runs
-- as the owner, who sees all, and compares the tenant itself.
create function register_next.found(wanted tsquery, most integer) returns table (asset_id uuid, name text)
    language sql stable parallel safe security definer
    set search_path = pg_catalog, pg_temp
    rows 1000
begin atomic
    select t.asset_id, t.name
    from register_next.asset_terms t
    where t.tenant_id = (select current_setting('app.tenant')::uuid)
      and array_to_tsvector(t.terms) @@ wanted
    limit most;
end;
revoke execute on function register_next.found(tsquery, integer) from public;
grant execute on function register_next.found(tsquery, integer) to seatledger_query;
create policy owner_searches on register_next.asset_terms for select to seatledger_read_owner using (true);

-- What of an asset changes from day to day. Its intervals cover all days: the first begins 0001-01-01.
create table register_next.asset_day (
    tenant_id  uuid    not null,
    asset_id   uuid    not null,
    from_day   date    not null,
    until_day  date,
    company_id uuid    not null,
    archived   boolean not null,
    -- {field_key: value} of the dated fields (seats, expiry, cost, price), as the API answers it:
    -- read values || dated. The expiry is the recorded one; expiry.expiry_day knows presumed renewals.
    dated      jsonb   not null
);

create table register_next.asset_type (
    tenant_id  uuid        not null,
    type_id    uuid        not null,
    name       text        not null,
    -- [{key, name, kind, role, required, hint, default, shown_in_list, retired, unit, decimals, options}]
    fields     jsonb       not null,
    is_license boolean     not null,
    alerts     jsonb,                  -- what its alert rules say otherwise than the policy
    archived   boolean     not null,
    version    integer     not null,
    entry      bigint      not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table register_next.company (
    tenant_id    uuid        not null,
    company_id   uuid        not null,
    name         text        not null,
    own          boolean     not null,
    time_zone    text,
    external_ids jsonb       not null,
    alerts       jsonb,                -- what its alert rules say otherwise than its assets' types
    archived     boolean     not null,
    version      integer     not null,
    entry        bigint      not null,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    terms        text[]      not null -- the words of its name, marked as its assets' terms are
);

create table register_next.document (
    tenant_id   uuid        not null,
    document_id uuid        not null,
    company_id  uuid        not null,
    title       text        not null,
    body        text        not null,
    archived    boolean     not null,
    version     integer     not null,
    entry       bigint      not null,
    created_at  timestamptz not null,
    updated_at  timestamptz not null
);

-- One row for each tenant, with the defaults where nothing is set.
create table register_next.policy (
    tenant_id          uuid        not null,
    tenant_name        text        not null,
    time_zone          text        not null, -- in force: the policy's, else the tenant's
    currency           text        not null, -- likewise
    min_spare_seats    bigint      not null,
    spare_ratio_percent bigint     not null,
    stale_after_days   integer     not null, -- for counts that another system reported
    typed_stale_after_days integer,          -- for counts that a person typed; none: never
    lead_days          integer[]   not null, -- longest first
    shortage_after_hours integer   not null,
    surplus_after_days integer     not null,
    min_free_seats     bigint,               -- none: few free seats are never told
    muted              text[]      not null, -- kinds of alerts that are never told
    quiet_hours        jsonb,                -- {"from": "22:00", "until": "07:00", "weekends": true}
    version            integer     not null, -- of the policy's stream; 0 until it is set
    entry              bigint      not null,
    updated_at         timestamptz not null
);
