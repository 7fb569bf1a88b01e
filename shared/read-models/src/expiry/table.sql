-- What ends when, by day: every asset whose type has a field with the role of an expiry date.

-- Which asset is of which type and called what, so that a change of a type or of the catalog finds its assets.
create table expiry_next.asset (
    tenant_id uuid not null,
    asset_id  uuid not null,
    type_id   uuid not null,
    name_key  text,            -- what all spellings of its product's name have in common
    sku_key   text,            -- likewise of its part number
    -- The last day of its maintenance, where that is a field of its own beside the expiry.
    maintained_until date
);

create table expiry_next.expiry_day (
    tenant_id    uuid    not null,
    asset_id     uuid    not null,
    from_day     date    not null,
    until_day    date,
    company_id   uuid    not null,
    expiry_date  date    not null, -- the last day of the terms that are recorded
    rolls_months integer,          -- if new terms begin by themselves after it: their length
    auto_renew   boolean not null, -- whether the term that ends then renews itself
    term_months  integer not null,
    notice_days  integer not null,
    cancel_by    date
);

-- Months from a recorded end to the first later end whose month is not before the day's.
create function expiry_next.months_rolled(expiry_date date, rolls_months integer, day date) returns integer
    language sql immutable parallel safe
begin atomic
    select (12 * (extract(year from day) - extract(year from expiry_date))::integer
        + (extract(month from day) - extract(month from expiry_date))::integer
        + rolls_months - 1) / rolls_months * rolls_months;
end;

-- The end of the term that runs on a day, presumed renewals included. Counted from the first end, so that
-- the 31st comes back after a February. One expression without a subquery: the planner takes it into the query.
create function expiry_next.rolled(expiry_date date, rolls_months integer, day date) returns date
    language sql immutable parallel safe
begin atomic
    select case
        when rolls_months is null or day <= expiry_date then expiry_date
        when (expiry_date + make_interval(
            months => expiry_next.months_rolled(expiry_date, rolls_months, day)))::date >= day
        then (expiry_date + make_interval(
            months => expiry_next.months_rolled(expiry_date, rolls_months, day)))::date
        else (expiry_date + make_interval(
            months => expiry_next.months_rolled(expiry_date, rolls_months, day) + rolls_months))::date
    end;
end;

-- The last day on which something can be done about an end: to cancel what renews itself, to renew what
-- does not.
create function expiry_next.deadline(
    expiry_date date, auto_renew boolean, term_months integer, notice_days integer, cancel_by date
) returns date language sql immutable parallel safe
begin atomic
    select case
        when not auto_renew then expiry_date
        when cancel_by <= expiry_date and cancel_by > (expiry_date - make_interval(months => term_months))::date
            then cancel_by
        else expiry_date - notice_days
    end;
end;
