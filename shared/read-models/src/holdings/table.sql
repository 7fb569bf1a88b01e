-- What is held of a license. Seats bought together are one row, however many they are.

create table holdings_next.purchase (
    tenant_id       uuid    not null,
    asset_id        uuid    not null,
    purchase_id     uuid    not null,
    position        integer not null, -- in the order in which they were recorded, from 0
    company_id      uuid    not null, -- for which it was recorded: it stays its own when the license moves
    quantity        bigint  not null, -- as bought; reductions say what it has since
    from_day        date    not null,
    until_day       date,             -- none: as long as the license's term runs
    unit_price      numeric,
    currency        text,             -- of the price
    price_per       text,             -- month, year, once; none: nobody said, so once
    purchase_order  text,
    supplier        text,
    reducible_from  date,
    reducible_until date,
    reductions      jsonb   not null  -- [{"from": day, "quantity": seats from that day on}]
);

create table holdings_next.assignment (
    tenant_id     uuid    not null,
    asset_id      uuid    not null,
    assignment_id uuid    not null,
    company_id    uuid    not null, -- whose seats: allocated to it, or recorded for it as the owner, which they stay
    allocated     boolean not null,
    holder_kind   text    not null, -- user, device, other
    holder_id     uuid    not null, -- the name stands in an erasable table
    quantity      bigint  not null,
    from_day      date    not null,
    until_day     date,
    note          text
);

create table holdings_next.allocation (
    tenant_id  uuid   not null,
    asset_id   uuid   not null,
    company_id uuid   not null, -- that has the seats without owning the license
    from_day   date   not null,
    until_day  date,
    seats      bigint not null
);

-- Keys beside those in fields: that they are there, never what they are.
create table holdings_next.license_key (
    tenant_id     uuid    not null,
    asset_id      uuid    not null,
    secret_id     uuid    not null,
    version       integer not null,
    label         text,
    assignment_id uuid,
    added_on      date    not null,
    company_id    uuid    not null -- for which it was stored: a later owner has no claim to it
);

create table holdings_next.renewal (
    tenant_id uuid   not null,
    asset_id  uuid   not null,
    term_end  date   not null, -- the last day of the term
    decision  text   not null, -- renew, change_to, lapse
    quantity  bigint,          -- of change_to
    owner     uuid,            -- who sees to it
    note      text
);
