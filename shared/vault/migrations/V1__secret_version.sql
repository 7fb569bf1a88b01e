-- Sealed secrets, one row per version. Only the role seatledger_vault reads them, one tenant at a
-- time; the roles are made by the event log's migrations.

CREATE TABLE vault.secret_version (
    tenant_id   uuid        NOT NULL,
    secret_id   uuid        NOT NULL,
    version     integer     NOT NULL CHECK (version >= 1),
    asset_id    uuid        NOT NULL,
    field_key   text        NOT NULL,
    key_version integer     NOT NULL CHECK (key_version >= 1),
    wrap_nonce  bytea       NOT NULL CHECK (octet_length(wrap_nonce) = 12),
    -- A data key of 32 bytes and its tag of 16.
    wrapped_key bytea       NOT NULL CHECK (octet_length(wrapped_key) = 48),
    nonce       bytea       NOT NULL CHECK (octet_length(nonce) = 12),
    -- 16 KiB and a length of 4 bytes, padded to 32, and a tag of 16.
    ciphertext  bytea       NOT NULL CHECK (octet_length(ciphertext) BETWEEN 48 AND 16432),
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, secret_id, version)
);

COMMENT ON TABLE vault.secret_version IS
    'Sealed secrets. The value opens only in its own tenant, asset, secret, field and version.';

ALTER TABLE vault.secret_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault.secret_version FORCE ROW LEVEL SECURITY;

-- Loud where no tenant was chosen: an unset setting is an error, and so is an empty one (which a
-- pooled connection is left with after SET LOCAL), since '' is no uuid.
CREATE POLICY one_tenant ON vault.secret_version
    FOR ALL TO seatledger_vault
    USING (tenant_id = current_setting('app.tenant')::uuid)
    WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);

-- A backup holds the ciphertexts, and opens none without the HSM. It reads all tenants (its role
-- bypasses row level security).
GRANT USAGE ON SCHEMA vault TO seatledger_vault, seatledger_backup;
GRANT SELECT ON vault.secret_version TO seatledger_backup;
GRANT SELECT, INSERT, DELETE ON vault.secret_version TO seatledger_vault;
-- Key rotation wraps the data key again; nothing else of a row ever changes.
GRANT UPDATE (key_version, wrap_nonce, wrapped_key) ON vault.secret_version TO seatledger_vault;

-- The second line, for roles that own the table.
CREATE FUNCTION vault.refuse_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog AS
$$
BEGIN
    RAISE EXCEPTION 'a secret version never changes; store a new version'
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE TRIGGER only_the_wrapping_changes
    BEFORE UPDATE ON vault.secret_version
    FOR EACH ROW
    WHEN ((OLD.tenant_id, OLD.secret_id, OLD.version, OLD.asset_id, OLD.field_key,
           OLD.nonce, OLD.ciphertext, OLD.created_at)
          IS DISTINCT FROM
          (NEW.tenant_id, NEW.secret_id, NEW.version, NEW.asset_id, NEW.field_key,
           NEW.nonce, NEW.ciphertext, NEW.created_at))
    EXECUTE FUNCTION vault.refuse_change();
