insert into vault.key_version (version, promoted_at)
values ($1, now())
on conflict (version) do nothing
