insert into job.import (tenant_id, job_id, token_id, request_hmac, settings, file_key, rows_total)
values ($1, $2, $3, $4, $5::text::json, $6::text::json, $7)
