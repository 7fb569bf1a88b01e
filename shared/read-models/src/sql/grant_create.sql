-- The read models' owner makes and renames their schemas. No migration, since a database that was cloned or
-- restored has its migrations but not this grant.
do $$
begin
    if not has_database_privilege('seatledger_read_owner', current_database(), 'create') then
        execute format('grant create on database %I to seatledger_read_owner', current_database());
    end if;
end
$$;
