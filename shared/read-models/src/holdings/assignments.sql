-- $1 tenant, $2 companies the token sees, $3 day on which they hold, $4 holders, $5 companies, $6 assets, $7 and $8
-- where the page before ended, $9 limit.
select s.asset_id, a.name as asset_name, a.product, s.assignment_id, s.company_id, c.name as company_name, s.allocated,
    s.holder_kind, s.holder_id, s.quantity, s.from_day, s.until_day, s.note
from (
    select *
    from holdings.assignment s
    where s.tenant_id = $1
      and ($2::uuid[] is null or s.company_id = any ($2))
      and ($3::date is null or s.from_day <= $3 and (s.until_day is null or s.until_day >= $3))
      and ($4::uuid[] is null or s.holder_id = any ($4))
      and ($5::uuid[] is null or s.company_id = any ($5))
      and ($6::uuid[] is null or s.asset_id = any ($6))
      and ($7::uuid is null or (s.asset_id, s.assignment_id) > ($7, $8::uuid))
    order by s.asset_id, s.assignment_id
    limit $9
) s
left join register.asset a on a.tenant_id = $1 and a.asset_id = s.asset_id
left join register.company c on c.tenant_id = $1 and c.company_id = s.company_id
order by s.asset_id, s.assignment_id
