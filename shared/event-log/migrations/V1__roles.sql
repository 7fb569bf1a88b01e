-- Roles are global to a cluster: a second database finds them there. Creating the first one makes
-- two databases that migrate at once wait for each other, so the checks that follow it hold.
-- A migration that creates a role with BYPASSRLS runs as superuser; later ones run as migrator.
do $$
declare
    role record;
    setting text;
begin
    for role in
        select * from (values
            -- Owns everything and never logs in.
            ('seatledger_owner', 'nologin', array[]::text[]),
            ('seatledger_migrator', 'login', array['lock_timeout=60s']),
            -- A stopped command service must let go of the log's lock.
            ('seatledger_command', 'login',
                array['idle_in_transaction_session_timeout=1s', 'statement_timeout=5s', 'lock_timeout=2s']),
            ('seatledger_relay', 'login',
                array['idle_in_transaction_session_timeout=10s', 'statement_timeout=30s', 'default_transaction_read_only=on']),
            ('seatledger_projector', 'login',
                array['idle_in_transaction_session_timeout=60s', 'statement_timeout=60s']),
            ('seatledger_query', 'login',
                array['idle_in_transaction_session_timeout=10s', 'statement_timeout=10s', 'default_transaction_read_only=on']),
            ('seatledger_vault', 'login',
                array['idle_in_transaction_session_timeout=10s', 'statement_timeout=10s', 'lock_timeout=5s']),
            -- Rebuilds fill a generation that is not live yet with COPY, which does not work under RLS.
            ('seatledger_loader', 'login bypassrls', array[]::text[]),
            ('seatledger_janitor', 'login',
                array['idle_in_transaction_session_timeout=10s', 'statement_timeout=60s', 'lock_timeout=5s']),
            -- pg_dump refuses a table whose rows a policy might hide.
            ('seatledger_backup', 'login bypassrls', array['default_transaction_read_only=on'])
        ) as wanted(name, attributes, settings)
    loop
        begin
            execute format('create role %I %s', role.name, role.attributes);
        exception when duplicate_object or unique_violation then
            null;
        end;
        foreach setting in array role.settings loop
            if not exists (
                select from pg_roles r
                where r.rolname = role.name and setting = any (coalesce(r.rolconfig, '{}'))
            ) then
                execute format('alter role %I set %I to %L',
                    role.name, split_part(setting, '=', 1), split_part(setting, '=', 2));
            end if;
        end loop;
    end loop;

    if not exists (
        select from pg_auth_members m
        where m.roleid = 'seatledger_owner'::regrole and m.member = 'seatledger_migrator'::regrole
    ) then
        grant seatledger_owner to seatledger_migrator;
    end if;

    -- The owner makes the schemas of whoever else keeps tables in this database.
    execute format('grant create on database %I to seatledger_owner', current_database());
end
$$;

alter schema log owner to seatledger_owner;
alter table log.refinery_log owner to seatledger_owner;
