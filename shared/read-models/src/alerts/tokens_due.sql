-- $1 tenant, $2 where the page before ended, $3 limit.
select distinct null::uuid as company_id, null::text as product_key, null::text as metric, '{}'::uuid[] as asset_ids,
    a.token_id
from alerts.alert a
where a.tenant_id = $1 and a.about = 'token' and a.standing in ('pending', 'open')
  and ($2::uuid is null or a.token_id > $2)
order by a.token_id
limit $3
