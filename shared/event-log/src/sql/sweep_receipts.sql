-- The oldest first; which ones may go is the policy's to say.
delete from log.receipt
where (tenant_id, principal, key) in (
    select tenant_id, principal, key from log.receipt order by created_at limit $1
)
