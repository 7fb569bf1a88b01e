-- Sealed secrets, one row per version. Only the role seatledger_vault reads them, one tenant at a
-- time; the roles are made by the event log's migrations.

create table vault.secret_version (
    tenant_id   uuid        not null,
    secret_id   uuid        not null,
    version     integer     not null check (version >= 1),
    asset_id    uuid        not null,
    field_key   text        not null,
    key_version integer     not null check (key_version >= 1),
    wrap_nonce  bytea       not null check (octet_length(wrap_nonce) = 12),
    -- A data key of 32 bytes and its tag of 16.
    wrapped_key bytea       not null check (octet_length(wrapped_key) = 48),
    nonce       bytea       not null check (octet_length(nonce) = 12),
    -- 16 KiB and a length of 4 bytes, padded to 32, and a tag of 16.
    ciphertext  bytea       not null check (octet_length(ciphertext) between 48 and 16432),
    created_at  timestamptz not null default now(),
    primary key (tenant_id, secret_id, version)
);

comment on table vault.secret_version is
    'Sealed secrets. The value opens only in its own tenant, asset, secret, field and version.';

alter table vault.secret_version enable row level security;
alter table vault.secret_version force row level security;

-- Loud where no tenant was chosen: an unset setting is an error, and so is an empty one (which a
-- pooled connection is left with after SET LOCAL), since '' is no uuid.
create policy one_tenant on vault.secret_version
    for all to seatledger_vault
    using (tenant_id = (select current_setting('app.tenant')::uuid))
    with check (tenant_id = (select current_setting('app.tenant')::uuid));

-- A backup holds the ciphertexts, and opens none without the HSM. It reads all tenants (its role
-- bypasses row level security).
grant usage on schema vault to seatledger_vault, seatledger_backup;
grant select on vault.secret_version to seatledger_backup;
grant select, insert, delete on vault.secret_version to seatledger_vault;
-- Key rotation wraps the data key again; nothing else of a row ever changes.
grant update (key_version, wrap_nonce, wrapped_key) on vault.secret_version to seatledger_vault;

-- The second line, for roles that own the table.
create function vault.refuse_change() returns trigger
    language plpgsql set search_path = pg_catalog as
$$
begin
    raise exception 'a secret version never changes; store a new version'
        using errcode = 'integrity_constraint_violation';
end
$$;

create trigger only_the_wrapping_changes
    before update on vault.secret_version
    for each row
    when ((old.tenant_id, old.secret_id, old.version, old.asset_id, old.field_key,
           old.nonce, old.ciphertext, old.created_at)
          is distinct from
          (new.tenant_id, new.secret_id, new.version, new.asset_id, new.field_key,
           new.nonce, new.ciphertext, new.created_at))
    execute function vault.refuse_change();
