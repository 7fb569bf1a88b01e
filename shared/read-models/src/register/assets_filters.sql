-- $6 types, $7 companies, $8 products, $9 their keys, $10 vendors in lower case, $11 tags, $12 statuses,
-- $13 and $14 bounds of the expiry, $15 changed after, $16 ids, $17 text to search, $18 archived or not.
  and ($6::uuid[] is null or a.type_id = any ($6))
  and ($7::uuid[] is null or d.company_id = any ($7))
  -- The same once more, by an index, whenever it was theirs: the day's row is not read for all others.
  and ($7 is null or a.asset_id = any (array(
      select o.asset_id from register.asset_day o where o.tenant_id = $1 and o.company_id = any ($7))))
  and ($2 is null or a.asset_id = any (array(
      select o.asset_id from register.asset_day o where o.tenant_id = $1 and o.company_id = any ($2))))
  and ($8::text[] is null or a.product = any ($8) or l.product_key = any ($9::text[]))
  and ($10::text[] is null or lower(a.vendor) = any ($10))
  and ($11::text[] is null or a.tags @> $11)
  and ($12::text[] is null or {status} = any ($12))
  and ($13::date is null or ends.expiry_date < $13)
  and ($14::date is null or ends.expiry_date > $14)
  and ($15::timestamptz is null or a.updated_at > $15)
  and ($16::uuid[] is null or a.asset_id = any ($16))
  and ($17::text is null or strpos(a.search, $17) > 0)
  and ($18::boolean is null or d.archived = $18)
