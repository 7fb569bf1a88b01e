-- $6 types, $7 companies, $8 products, $9 their keys, $10 vendors in lower case, $11 tags, $12 statuses,
-- $13 and $14 bounds of the expiry, $15 changed after, $16 ids, $17 text to search, $18 archived or not,
-- $19 [{field, test, values}]: each must hold.
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
  and ($19::jsonb is null or not exists (
      select from jsonb_to_recordset($19) as wanted (field text, test text, "values" text[])
      cross join lateral (select coalesce(d.dated -> wanted.field, a.values -> wanted.field) as value) v
      where not case wanted.test
          when 'empty' then (coalesce(v.value, 'null') in ('null', '""', '[]')) = any (wanted.values::boolean[])
          else exists (
              -- The texts that a value is: of several labels each, of money the amount, of a secret none.
              select from unnest(wanted.values) as given (text)
              cross join lateral (
                  select v.value #>> '{}' as text where jsonb_typeof(v.value) in ('string', 'number', 'boolean')
                  union all
                  select l.label from jsonb_array_elements_text(
                      case jsonb_typeof(v.value) when 'array' then v.value else '[]' end) as l (label)
                  union all
                  select v.value ->> 'amount' where jsonb_typeof(v.value) = 'object'
              ) has
              where case
                  when wanted.test = 'contains' then strpos(lower(has.text), lower(given.text)) > 0
                  when has.text ~ '^-?[0-9]+([.][0-9]+)?$' and given.text ~ '^-?[0-9]+([.][0-9]+)?$' then
                      case wanted.test
                          when 'gte' then has.text::numeric >= given.text::numeric
                          when 'lte' then has.text::numeric <= given.text::numeric
                          else has.text::numeric = given.text::numeric
                      end
                  when wanted.test = 'equals' then lower(has.text) = lower(given.text)
                  -- Days, as ISO writes them, sort like texts; a day and a number are not compared.
                  when has.text ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' and given.text ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then
                      case wanted.test
                          when 'gte' then has.text collate "C" >= given.text
                          else has.text collate "C" <= given.text
                      end
                  else false
              end)
          end))
