select model, tenant_id, entry, halted_reason
from read.progress
where model = any ($1) and halted_reason is not null
