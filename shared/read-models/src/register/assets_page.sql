, page as materialized (
    select found.asset_id, found.sort_key
    from (
        (select a.asset_id, {few_key} as sort_key
        from (
            select a.*, few.name as found_name, few.asset_id as found_id
            from {few}
            cross join lateral (
                select * from register.asset a where a.tenant_id = $1 and a.asset_id = few.asset_id limit 1
            ) a
            {sorted}
        ) a
        {joined}
        {filters}
          and ($21::text is null or ({few_key}, {few_id}) {beyond} ($21::text::{key_type}, $22::uuid))
        order by {few_key} {direction}, {few_id} {direction}
        limit $23)
        union all
        (select a.asset_id, {key} as sort_key
        from register.asset a
        {walked}
        {filters}
          and not (select by_few from told)
          and ($21 is null or ({key}, a.asset_id) {beyond} ($21::text::{key_type}, $22))
        order by {key} {direction}, a.asset_id {direction}
        limit $23)
    ) found
    order by found.sort_key {direction}, found.asset_id {direction}
    limit $23
)
{columns}
from page
cross join lateral (
    select * from register.asset a where a.tenant_id = $1 and a.asset_id = page.asset_id limit 1
) a
{looked_up}
order by page.sort_key {direction}, page.asset_id {direction}
