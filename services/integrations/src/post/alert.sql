-- What is gone or known by now is not told.
select finding from integration.alert
where tenant_id = $1 and integration_id = $2 and alert_id = $3 and occurrence = $4 and open and not acknowledged
