select job_id, token_id, state, cancelling, settings::text, rows_total, rows_done,
       created, changed, unchanged, rejected, companies, why, created_at, started_at, ended_at,
       file_key::text, request_hmac
from job.import
