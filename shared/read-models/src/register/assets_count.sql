select (
    select count(*)
    from few
    cross join lateral (
        select * from register.asset a where a.tenant_id = $1 and a.asset_id = few.asset_id limit 1
    ) a
    {joined}
    {filters}
) + (
    select count(*)
    from register.asset a
    {walked}
    {filters}
      and not (select by_few from told)
) as count
