-- How companies stand, by day. Days on which there is nothing to say have no row. The split of
-- "covered" into over-licensed and compliant is the policy's, and made when it is read.

-- Which asset is of which type and called what, so that a change of a type or of the catalog finds its assets.
create table compliance_next.asset (
    tenant_id uuid not null,
    asset_id  uuid not null,
    type_id   uuid not null,
    name_key  text,            -- what all spellings of its product's name have in common
    sku_key   text             -- likewise of its part number
);

-- What each company has of a license.
create table compliance_next.license_day (
    tenant_id   uuid    not null,
    asset_id    uuid    not null,
    company_id  uuid    not null,
    from_day    date    not null,
    until_day   date,
    allocated   boolean not null,  -- whether the seats are another company's, allocated to this one
    product_key text    not null,
    product_id  uuid,              -- of the catalog; none for a name that is nobody's
    metric      text    not null,
    product     text,              -- the catalog's name; without one as it is written in the asset
    sku         text,              -- as it is written in the asset
    vendor      text,              -- the catalog's; without one as it is written in the asset
    agreement   text,
    total       bigint,            -- seats, expiry aside; none if nothing tells it
    owned       bigint,            -- seats, given the term
    in_use      bigint,            -- by the source that counts; none if it is not known
    source      text    not null,  -- that counts: typed, named, synced
    typed       bigint,            -- what each source says
    named       bigint,
    synced      bigint,
    counted_on  date,              -- for which the count that stands was made
    in_force    boolean not null,
    reducible   bigint  not null,  -- seats that may be given back
    trues_up    boolean not null,  -- whether use beyond what is owned is billed on a day to come
    annual_cost jsonb   not null,  -- {"USD": "12.00"}
    -- The same where it is of one currency, as nearly all are: a number that adds up fast. Of several: '*', none.
    currency      text,
    annual_amount numeric
);

create table compliance_next.pool_day (
    tenant_id   uuid    not null,
    company_id  uuid    not null,
    product_key text    not null,
    metric      text    not null,
    from_day    date    not null,
    until_day   date,
    product_id  uuid,
    product     text,              -- as its licenses' rows have it; none for one that names no product
    vendor      text,
    owned       bigint  not null,
    in_use      bigint  not null,
    short       bigint  not null,
    spare       bigint  not null,
    incomplete  boolean not null,
    standing    text    not null,  -- expired_in_use, under_licensed, unknown, true_up_due, covered, unlimited
    -- What the missing, the spare, and the spare seats that may be given back now cost a year: {"USD": "12.00"}.
    short_cost           jsonb  not null,
    spare_cost           jsonb  not null,
    recoverable_now      bigint not null, -- seats
    recoverable_now_cost jsonb  not null,
    -- The same of a pool whose costs are all of one currency, as nearly all are: numbers that add up fast. Of several:
    -- '*', none.
    currency               text,
    short_amount           numeric,
    spare_amount           numeric,
    recoverable_now_amount numeric,
    -- Of the counts that stand, the days of the oldest: whether they are stale is asked when it is read.
    oldest_typed  date,
    oldest_synced date
);
