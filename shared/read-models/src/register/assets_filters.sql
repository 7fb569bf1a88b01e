where a.tenant_id = $1
  and ($2::uuid[] is null or d.company_id = any ($2))
  and ($6::uuid[] is null or a.type_id = any ($6))
  and ($7::uuid[] is null or d.company_id = any ($7))
  and ($8::text[] is null or a.product = any ($8) or l.product_key = any ($9::text[]))
  and ($10::text[] is null or a.vendor_key {vendor})
  and ($11::text[] is null or a.tags @> $11)
  and ($12::text[] is null or {status} = any ($12))
  and ($13::date is null or ends.expiry_date < $13)
  and ($14::date is null or ends.expiry_date > $14)
  and ($15::timestamptz is null or a.updated_at > $15)
  and ($16::uuid[] is null or a.asset_id = any ($16))
  -- Its company may have been another on another day, so the index alone does not tell.
  and ($17::text[] is null or not exists (
      select from unnest($17) as word (term)
      where not (array_to_tsvector(t.terms) @@ word.term::tsquery or array_to_tsvector(c.terms) @@ word.term::tsquery)))
  and ($19::boolean is null or d.archived = $19)
