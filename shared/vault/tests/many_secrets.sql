-- 1,200 secrets that were stored three hours ago; the number is in the upper half of the id.
insert into vault.secret_version
    (tenant_id, secret_id, version, asset_id, field_key, key_version,
     wrap_nonce, wrapped_key, nonce, ciphertext, created_at)
select $1, (lpad(to_hex(number), 16, '0') || repeat('0', 16))::uuid, 1, $1, 'license_key', 1,
       zeros.of_12, zeros.of_48, zeros.of_12, zeros.of_48, now() - interval '3 hours'
from generate_series(1, 1200) as number,
     (select decode(repeat('00', 12), 'hex'), decode(repeat('00', 48), 'hex')) as zeros (of_12, of_48)
