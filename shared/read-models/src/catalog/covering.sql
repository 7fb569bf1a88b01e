-- $1 tenant, $2 products. A product that was merged means the one that it was merged into.
with recursive covering (product_id) as (
    select coalesce(p.merged_into, p.product_id)
    from catalog.product p
    where p.tenant_id = $1 and p.product_id = any ($2::uuid[])
    union
    select suite.product_id
    from covering
    join catalog.product suite on suite.tenant_id = $1 and covering.product_id = any (suite.suite_of)
        and suite.merged_into is null
)
select 'product ' || product_id as product_key from covering
