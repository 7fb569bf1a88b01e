(coalesce($3::date - {pool}.oldest_synced > $6::integer, false)
    or coalesce($3::date - {pool}.oldest_typed > $7::integer, false))
