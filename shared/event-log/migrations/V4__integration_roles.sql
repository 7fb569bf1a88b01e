-- Who finds alerts and who carries them out: both follow the ledgers of all accounts, as the relay does, and keep
-- what they work with in schemas of their own beside the log.
--
-- Creating a role takes more than the migrator may. A database that was made by an earlier release asks its
-- superuser once.
do $$
declare
    role text;
    setting text;
    settings constant text[] :=
        array['idle_in_transaction_session_timeout=10s', 'statement_timeout=30s', 'lock_timeout=5s'];
begin
    foreach role in array array['seatledger_alerts', 'seatledger_integration'] loop
        if not exists (select from pg_roles where rolname = role) then
            begin
                execute format('create role %I login', role);
            exception
                when duplicate_object or unique_violation then
                    null;
                when insufficient_privilege then
                    raise exception 'the role % is missing', role
                        using errcode = 'insufficient_privilege',
                              hint = format('As a superuser, once: create role %I login', role);
            end;
        end if;
        foreach setting in array settings loop
            if not exists (
                select from pg_roles r where r.rolname = role and setting = any (coalesce(r.rolconfig, '{}'))
            ) then
                begin
                    execute format('alter role %I set %I to %L',
                        role, split_part(setting, '=', 1), split_part(setting, '=', 2));
                exception when insufficient_privilege then
                    -- Bounds that a superuser may set later; nothing rests on them.
                    null;
                end;
            end if;
        end loop;
    end loop;
end
$$;

set local role seatledger_owner;

grant usage on schema log to seatledger_alerts, seatledger_integration;
grant select on log.event to seatledger_alerts, seatledger_integration;
create policy alerts_reads on log.event for select to seatledger_alerts using (true);
create policy integration_reads on log.event for select to seatledger_integration using (true);
grant execute on function log.head() to seatledger_alerts, seatledger_integration;

reset role;
