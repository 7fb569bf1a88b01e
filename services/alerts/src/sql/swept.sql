-- What was asked for meanwhile stays asked for, and what was noticed meanwhile stays due.
update alert_watch.account set
    swept = greatest(swept, $2),
    swept_on = $3,
    time_zone = $4,
    due_at = least($5, case when due_at > $6 then due_at end),
    not_before = '-infinity'
where tenant_id = $1
