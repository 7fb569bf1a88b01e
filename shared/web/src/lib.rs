//! What both HTTP services share: problem details, access, paging, idempotency, telemetry.
