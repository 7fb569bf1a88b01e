insert into alert_watch.account as a (tenant_id, due_at) values ($1, $3)
on conflict (tenant_id) do update set
    wanted = a.wanted + $2::boolean::integer,
    due_at = least(a.due_at, $3)
