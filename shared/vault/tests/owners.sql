-- Who owns what is in the schema, and the schema itself.
select rolname::text
from pg_roles
where oid in (select relowner from pg_class where relnamespace = 'vault'::regnamespace
              union select proowner from pg_proc where pronamespace = 'vault'::regnamespace
              union select nspowner from pg_namespace where nspname = 'vault')
