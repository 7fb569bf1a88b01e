-- Everything that schema vault holds of one secret, as text.
select concat((select string_agg(s::text, ' ') from vault.secret_version s),
              (select string_agg(i::text, ' ') from vault.index_key i),
              (select string_agg(k::text, ' ') from vault.key_version k))
