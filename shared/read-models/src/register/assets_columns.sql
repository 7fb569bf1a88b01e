-- What is computed is computed for the rows of the page alone, after they were sorted and cut off.
select page.asset_id, page.type_id, page.company_id, page.company_name, page.name, page.product, page.vendor,
    page.metric, page.agreement, page.plain || page.dated as values, page.tags, page.external_ids, page.archived,
    page.version, page.entry, page.created_at, page.updated_at, page.total, page.owned, page.in_use, page.in_force,
    page.short, page.spare, page.incomplete, page.status, page.ends as expiry_date,
    page.ends > page.recorded_end as presumed, page.auto_renew,
    expiry.deadline(page.ends, page.auto_renew, page.term_months, page.notice_days, page.cancel_by) as deadline,
    page.sort_key::text as sort_key
from (
select a.asset_id, a.type_id, d.company_id, c.name as company_name, a.name, a.product, a.vendor, a.metric, a.agreement,
    a.values as plain, d.dated, a.tags, a.external_ids, d.archived, a.version, a.entry, a.created_at, a.updated_at,
    l.total, l.owned, l.in_use, l.in_force, pool.short, pool.spare, pool.incomplete, {status} as status,
    ends.expiry_date as ends, e.expiry_date as recorded_end, e.auto_renew, e.term_months, e.notice_days, e.cancel_by,
    {key} as sort_key
