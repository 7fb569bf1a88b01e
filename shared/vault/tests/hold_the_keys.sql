-- The lock of a process that rotates: "vaultkey" as a number.
select pg_advisory_lock(x'7661756c746b6579'::bigint)
