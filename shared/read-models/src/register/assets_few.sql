-- $1 tenant, $2 companies the token sees, $3 day, $4 and $5 thresholds, $6 types, $7 companies, $8 products, $9 their
-- keys, $10 vendors in lower case, $11 tags, $12 statuses, $13 and $14 bounds of the expiry, $15 changed after,
-- $16 ids, $17 words to search, $18 facts that an asset's terms must tell, $19 archived or not, $20 the standings of
-- the statuses.
--
-- Filters that an index knows are asked first, one after the other, until one leaves few assets: those are
-- looked at one by one. If none does, each leaves a good part of all assets, so a walk along the order that is
-- asked for soon meets a page of them.
with wanted as materialized (
    -- A word stands in a text of the asset or in its company's name. A word in very many names tells little: it is
    -- left to the filters.
    select nullif(concat_ws(' & ', $18::text, string_agg('(' || concat_ws(' | ', word.term, named.companies) || ')', ' & ')
        filter (where named.many <= {companies_max})), '')::tsquery as terms
    from (select) as one
    left join unnest($17::text[]) as word (term) on true
    left join lateral (
        select count(*) as many, string_agg(quote_literal(right($1::text, 8) || '@' || c.company_id), ' | ') as companies
        from (
            select c.company_id from register.company c
            where c.tenant_id = $1 and array_to_tsvector(c.terms) @@ word.term::tsquery
            limit {companies_max} + 1
        ) c
        where word.term is not null
    ) named on word.term is not null
),
by_terms as materialized (
    select found.asset_id, found.name
    from wanted cross join lateral register.found(wanted.terms, {few_by_terms} + 1) as found (asset_id, name)
    where wanted.terms is not null
),
terms as materialized (
    select wanted.terms is not null and (select count(*) from by_terms) <= {few_by_terms} as tell from wanted
),
by_product as materialized (
    select found.asset_id
    from (
        select a.asset_id from register.asset a where a.tenant_id = $1 and a.product = any ($8::text[])
        union
        select l.asset_id from compliance.license_day l
        where l.tenant_id = $1 and l.product_key = any ($9::text[]) and not l.allocated
          and l.from_day <= $3::date and (l.until_day is null or l.until_day >= $3)
    ) found
    where $8 is not null and not (select tell from terms)
    limit {few} + 1
),
products as materialized (
    select $8 is not null and not tell and (select count(*) from by_product) <= {few} as tell from terms
),
by_status as materialized (
    select l.asset_id
    from compliance.pool_day pool
    join compliance.license_day l on l.tenant_id = pool.tenant_id and l.company_id = pool.company_id
        and l.product_key = pool.product_key and l.metric = pool.metric
    where $12::text[] is not null and not (select tell from terms) and not (select tell from products)
      and pool.tenant_id = $1 and pool.standing = any ($20::text[]) and {status} = any ($12)
      and pool.from_day <= $3 and (pool.until_day is null or pool.until_day >= $3)
      and not l.allocated and l.from_day <= $3 and (l.until_day is null or l.until_day >= $3)
    limit {few_by_status} + 1
),
statuses as materialized (
    select $12 is not null and not terms.tell and not products.tell and (select count(*) from by_status) <= {few_by_status} as tell
    from terms, products
),
by_expiry as materialized (
    select found.asset_id
    from (
        select e.asset_id from expiry.expiry_day e
        where e.tenant_id = $1 and e.from_day <= $3 and (e.until_day is null or e.until_day >= $3)
          and ($13::date is null or e.expiry_date < $13) and ($14::date is null or e.expiry_date > $14)
          and (e.rolls_months is null or e.expiry_date >= $3)
        union all
        -- What has renewed itself ends on another day than the one that is recorded.
        select e.asset_id from expiry.expiry_day e
        where e.tenant_id = $1 and e.from_day <= $3 and (e.until_day is null or e.until_day >= $3)
          and e.rolls_months is not null and e.expiry_date < $3
          and ($13 is null or expiry.rolled(e.expiry_date, e.rolls_months, $3) < $13)
          and ($14 is null or expiry.rolled(e.expiry_date, e.rolls_months, $3) > $14)
    ) found
    where ($13 is not null or $14 is not null)
      and not (select terms.tell or products.tell or statuses.tell from terms, products, statuses)
    limit {few} + 1
),
expiries as materialized (
    select ($13 is not null or $14 is not null) and not (terms.tell or products.tell or statuses.tell)
        and (select count(*) from by_expiry) <= {few} as tell
    from terms, products, statuses
),
-- One of them at most has rows, each asset once, in the order in which the tables keep them. Their names only if they
-- are listed by them.
few as materialized (
    select asset_id, name from by_terms where (select tell from terms)
    union all
    select found.asset_id, {name}
    from (
        select asset_id from by_product where (select tell from products)
        union all
        select asset_id from by_status where (select tell from statuses)
        union all
        select asset_id from by_expiry where (select tell from expiries)
    ) found
    {named}
),
told as materialized (
    select terms.tell or products.tell or statuses.tell or expiries.tell as by_few
    from terms, products, statuses, expiries
)
