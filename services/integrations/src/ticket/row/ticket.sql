-- $4 is the account's day: what is put off until a day is told on the next.
select t.company_id, t.progress, t.news, t.changed_at, t.version, m.open, m.loud, m.asked
from integration.ticket t,
    lateral (
        select count(*) filter (where a.open) as open,
            count(*) filter (
                where a.open and not a.acknowledged and (a.snoozed_until is null or a.snoozed_until < $4)) as loud,
            coalesce(sum(a.asked), 0)::bigint as asked
        from integration.alert a
        where a.tenant_id = t.tenant_id and a.integration_id = t.integration_id and a.ticket = t.key
    ) m
where t.tenant_id = $1 and t.integration_id = $2 and t.key = $3
