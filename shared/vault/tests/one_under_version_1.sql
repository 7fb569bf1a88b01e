insert into vault.secret_version
    (tenant_id, secret_id, version, asset_id, field_key, key_version,
     wrap_nonce, wrapped_key, nonce, ciphertext)
select current_setting('app.tenant')::uuid, gen_random_uuid(), 1, gen_random_uuid(), 'license_key', 1,
       zeros.of_12, zeros.of_48, zeros.of_12, zeros.of_48
from (select decode(repeat('00', 12), 'hex'), decode(repeat('00', 48), 'hex')) as zeros (of_12, of_48)
