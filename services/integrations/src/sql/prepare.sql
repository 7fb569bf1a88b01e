-- All that the migrations make is the owner's, whoever runs them.
set role seatledger_owner;

-- Not `create schema if not exists`: that asks for a privilege even if there is nothing to do.
do $$
begin
    if to_regnamespace('integration') is null then
        create schema integration;
    end if;
end
$$;

-- The history table has no schema in its name; it belongs beside what it describes.
set search_path = integration;
