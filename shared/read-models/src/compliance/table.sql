-- How companies stand, by day. Days on which there is nothing to say have no row. The split of
-- "covered" into over-licensed and compliant is the policy's, and made when it is read.

-- Which asset is of which type, so that a type's change finds its assets.
create table compliance_next.asset (
    tenant_id uuid not null,
    asset_id  uuid not null,
    type_id   uuid not null
);

create table compliance_next.license_day (
    tenant_id   uuid    not null,
    asset_id    uuid    not null,
    from_day    date    not null,
    until_day   date,
    company_id  uuid    not null,
    product_key text    not null,
    metric      text    not null,
    product     text,              -- as it is written in the asset
    vendor      text,
    agreement   text,
    total       bigint,            -- seats, expiry aside; none if nothing tells it
    owned       bigint,            -- seats, given the term
    in_use      bigint,            -- none if it is not known
    in_force    boolean not null,
    annual_cost numeric,
    currency    text               -- of the cost
);

create table compliance_next.pool_day (
    tenant_id   uuid    not null,
    company_id  uuid    not null,
    product_key text    not null,
    metric      text    not null,
    from_day    date    not null,
    until_day   date,
    product     text,              -- as its licenses write it; none for one that names no product
    vendor      text,
    owned       bigint  not null,
    in_use      bigint  not null,
    short       bigint  not null,
    spare       bigint  not null,
    incomplete  boolean not null,
    standing    text    not null   -- expired_in_use, under_licensed, unknown, covered, unlimited
);
