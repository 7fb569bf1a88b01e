with guarded as (
    select c.oid, n.nspname || '.' || c.relname as name, c.relrowsecurity, c.relforcerowsecurity, c.relowner, c.relacl
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
    where c.relkind in ('r', 'p')
      and n.nspname not like 'pg\_%' and n.nspname <> 'information_schema'
),
-- By table and by column alike.
granted as (
    select g.oid, g.name, acl.grantee
    from guarded g, aclexplode(g.relacl) acl
    where acl.grantee <> g.relowner
    union
    select g.oid, g.name, acl.grantee
    from guarded g join pg_attribute a on a.attrelid = g.oid, aclexplode(a.attacl) acl
    where acl.grantee <> g.relowner
)
select format('%s: row-level security is not enabled', name) from guarded where not relrowsecurity
union all
select format('%s: row-level security is not forced', name) from guarded where not relforcerowsecurity
union all
select format('%s: everyone (public) has a grant', name) from granted where grantee = 0
union all
select format('%s: %s has a grant and no policy', d.name, r.rolname)
from granted d join pg_roles r on r.oid = d.grantee
where not r.rolbypassrls and not r.rolsuper
  and not exists (select from pg_policy p where p.polrelid = d.oid and r.oid = any (p.polroles))
union all
select format('%s: policy %s is for everyone (public)', g.name, p.polname)
from guarded g join pg_policy p on p.polrelid = g.oid
where 0 = any (p.polroles)
union all
select format('%s: policy %s is for %s, which has no grant', g.name, p.polname, r.rolname)
from guarded g join pg_policy p on p.polrelid = g.oid join pg_roles r on r.oid = any (p.polroles)
where r.oid <> g.relowner
  and not exists (select from granted d where d.oid = g.oid and d.grantee = r.oid)
union all
select format('%s: unique key %s does not start with tenant_id', g.name, i.indexrelid::regclass)
from guarded g join pg_index i on i.indrelid = g.oid
join pg_class k on k.oid = i.indexrelid join pg_namespace kn on kn.oid = k.relnamespace
left join pg_attribute a on a.attrelid = g.oid and a.attnum = i.indkey[0]
where i.indisunique and a.attname is distinct from 'tenant_id'
  and (kn.nspname || '.' || k.relname) <> all ($1::text[])
order by 1
