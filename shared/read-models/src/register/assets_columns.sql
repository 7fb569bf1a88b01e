select a.asset_id, a.type_id, d.company_id, c.name as company_name, c.external_ids as company_external_ids, a.name,
    a.product, a.vendor, a.metric, a.agreement, a.values || d.dated as values, a.tags, a.external_ids, a.alerts,
    d.archived, a.version, a.entry, a.created_at, a.updated_at, l.total, l.owned, l.in_use, l.in_force, pool.short, pool.spare,
    pool.incomplete, {status} as status, ends.expiry_date, ends.expiry_date > e.expiry_date as presumed, e.auto_renew,
    expiry.deadline(ends.expiry_date, e.auto_renew, e.term_months, e.notice_days, e.cancel_by) as deadline,
    {sort_key}::text as sort_key
