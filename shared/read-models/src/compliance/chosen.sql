-- The companies of the page: the next ones by name that have such a pool.
chosen as materialized (
    select c.company_id
    from register.company c
    where c.tenant_id = $1
      and ($12::text is null or (c.name, c.company_id) > ($12, $13::uuid))
      and exists (
          select from compliance.pool_day pool
          where pool.tenant_id = $1 and pool.company_id = c.company_id
            and ($2::uuid[] is null or pool.company_id = any ($2))
            and {holds:pool}
            and ($8::uuid[] is null or pool.company_id = any ($8))
            and ($9::text[] is null or pool.product_key = any ($9))
            and ($10::text[] is null or lower(pool.vendor) = any ($10))
            and ($11::text[] is null or {status:pool} = any ($11))
          -- It keeps this a look at one company after the other.
          offset 0
      )
    order by c.name, c.company_id
    limit $14
),
