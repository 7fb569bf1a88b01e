-- Compiling a plan takes longer than any of these questions may.
select set_config('app.tenant', $1, true), set_config('plan_cache_mode', $2, true), set_config('jit', 'off', true)
