select set_config('app.tenant', $1, true), set_config('plan_cache_mode', $2, true)
