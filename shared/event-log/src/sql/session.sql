-- Every statement of this session is a handful of look-ups by key or one append, whatever the planner
-- believes about tables that were empty a minute ago; and none is worth planning twice or compiling.
set enable_seqscan = off;
set enable_hashjoin = off;
set enable_mergejoin = off;
set plan_cache_mode = force_generic_plan;
set jit = off
