-- Versions of the key-encryption key, and fingerprints by which equal secrets are found.

-- What a token can't tell of its keys: how far a rotation came, and which versions are gone for good. Which one
-- is the primary stands in the HSM alone, which enforces it; no row here could disagree with that.
create table vault.key_version (
    version      integer     primary key check (version >= 1),
    -- When a rotation made it the primary; null for the first, which no rotation made.
    promoted_at  timestamptz,
    -- When everything was wrapped under it; null while a rotation to it is under way.
    rewrapped_at timestamptz,
    -- From here on no row may name it, so that its key can be destroyed.
    destroyed_at timestamptz
);

comment on table vault.key_version is
    'How far each version of the key-encryption key came. The keys, and which is the primary, are in the HSM.';

grant select on vault.key_version to seatledger_vault, seatledger_backup;
grant insert (version, promoted_at), update (rewrapped_at) on vault.key_version to seatledger_vault;

-- The key of the keyed hash, one for each tenant, wrapped as a data key is.
create table vault.index_key (
    tenant_id   uuid        not null primary key,
    key_version integer     not null check (key_version >= 1),
    wrap_nonce  bytea       not null check (octet_length(wrap_nonce) = 12),
    wrapped_key bytea       not null check (octet_length(wrapped_key) = 48),
    created_at  timestamptz not null default now()
);

comment on table vault.index_key is
    'The key under which a tenant''s secrets are hashed, so that equal ones are found. It opens in its own tenant only.';

alter table vault.index_key enable row level security;
alter table vault.index_key force row level security;

create policy one_tenant on vault.index_key
    for all to seatledger_vault
    using (tenant_id = (select current_setting('app.tenant')::uuid))
    with check (tenant_id = (select current_setting('app.tenant')::uuid));

grant select on vault.index_key to seatledger_backup;
grant select, insert on vault.index_key to seatledger_vault;
grant update (key_version, wrap_nonce, wrapped_key) on vault.index_key to seatledger_vault;

-- Another key in its place would make equal secrets look different.
create trigger only_the_wrapping_changes
    before update on vault.index_key
    for each row
    when ((old.tenant_id, old.created_at) is distinct from (new.tenant_id, new.created_at))
    execute function vault.refuse_change();

-- A column, not a table: it goes with its row, and row-level security covers it. Null in rows of older releases,
-- until they are filled in.
alter table vault.secret_version
    add column fingerprint bytea check (octet_length(fingerprint) = 32);
grant update (fingerprint) on vault.secret_version to seatledger_vault;

create trigger a_fingerprint_is_set_once
    before update on vault.secret_version
    for each row
    when (old.fingerprint is not null and old.fingerprint is distinct from new.fingerprint)
    execute function vault.refuse_change();

create index secret_version_equal on vault.secret_version (tenant_id, fingerprint)
    where fingerprint is not null;
create index secret_version_without_fingerprint on vault.secret_version (tenant_id)
    where fingerprint is null;
-- A rotation asks for what is still under older keys, over all tenants.
create index secret_version_key on vault.secret_version (key_version, tenant_id);

-- A value that was sealed before its key was condemned and is stored only afterwards would be lost.
create function vault.refuse_destroyed_key() returns trigger
    language plpgsql set search_path = pg_catalog as
$$
begin
    if exists (select from vault.key_version k where k.version = new.key_version and k.destroyed_at is not null) then
        raise exception 'version % of the key-encryption key is destroyed; seal the value again', new.key_version
            using errcode = 'object_not_in_prerequisite_state';
    end if;
    return new;
end
$$;

create trigger no_destroyed_key
    before insert or update of key_version on vault.secret_version
    for each row execute function vault.refuse_destroyed_key();
create trigger no_destroyed_key
    before insert or update of key_version on vault.index_key
    for each row execute function vault.refuse_destroyed_key();

-- A rotation is about all tenants, and the vault's role sees one at a time. These tell how many rows there are and
-- whose, and nothing of what is in them. The policies are for them: they run as the owner.
create policy owner_counts on vault.secret_version for select to seatledger_owner using (true);
create policy owner_counts on vault.index_key for select to seatledger_owner using (true);

create function vault.key_usage(out key_version integer, out secrets bigint, out index_keys bigint)
    returns setof record language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select usage.key_version, sum(usage.secrets)::bigint, sum(usage.index_keys)::bigint
    from (select s.key_version, count(*) as secrets, 0 as index_keys
          from vault.secret_version s group by s.key_version
          union all
          select i.key_version, 0, count(*) from vault.index_key i group by i.key_version) usage
    group by usage.key_version order by usage.key_version;
end;

create function vault.without_fingerprint() returns bigint
    language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select count(*) from vault.secret_version where fingerprint is null;
end;

create function vault.tenants_under_older_key(newest integer, after uuid, most integer) returns setof uuid
    language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select s.tenant_id from vault.secret_version s where s.key_version < newest and s.tenant_id > after
    union
    select i.tenant_id from vault.index_key i where i.key_version < newest and i.tenant_id > after
    order by tenant_id limit most;
end;

create function vault.tenants_without_fingerprint(after uuid, most integer) returns setof uuid
    language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select distinct s.tenant_id from vault.secret_version s where s.fingerprint is null and s.tenant_id > after
    order by tenant_id limit most;
end;

-- Closes a version for ever if no row names it; answers how many do. The lock lets no row in between the count and
-- the mark.
create function vault.condemn_key(condemned integer) returns bigint
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as
$$
declare
    named bigint;
begin
    lock table vault.secret_version, vault.index_key in share row exclusive mode;
    named := (select count(*) from vault.secret_version s where s.key_version = condemned)
           + (select count(*) from vault.index_key i where i.key_version = condemned);
    if named = 0 then
        insert into vault.key_version as k (version, destroyed_at) values (condemned, now())
        on conflict (version) do update set destroyed_at = coalesce(k.destroyed_at, excluded.destroyed_at);
    end if;
    return named;
end
$$;

revoke execute on function vault.key_usage(), vault.without_fingerprint(),
    vault.tenants_under_older_key(integer, uuid, integer), vault.tenants_without_fingerprint(uuid, integer),
    vault.condemn_key(integer) from public;
grant execute on function vault.key_usage(), vault.without_fingerprint(),
    vault.tenants_under_older_key(integer, uuid, integer), vault.tenants_without_fingerprint(uuid, integer),
    vault.condemn_key(integer) to seatledger_vault;
