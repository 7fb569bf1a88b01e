-- All groups of spend.sql added up.
with groups as materialized (
{groups}
)
select
    (select coalesce(jsonb_object_agg(currency, sum::text), '{}') from (
        select sum_of.key as currency, sum(sum_of.value::numeric) from groups, jsonb_each_text(groups.recurring) sum_of group by sum_of.key
    ) sums) as recurring,
    (select coalesce(jsonb_object_agg(currency, sum::text), '{}') from (
        select sum_of.key as currency, sum(sum_of.value::numeric) from groups, jsonb_each_text(groups.once) sum_of group by sum_of.key
    ) sums) as once,
    (select coalesce(jsonb_object_agg(currency, sum::text), '{}') from (
        select sum_of.key as currency, sum(sum_of.value::numeric) from groups, jsonb_each_text(groups.amount) sum_of group by sum_of.key
    ) sums) as amount
