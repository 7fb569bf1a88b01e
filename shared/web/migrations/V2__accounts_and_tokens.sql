-- Which accounts there are, and whether a token was ever issued, is asked at each start and by the command
-- line: without these, by reading the whole log. Few events are of these types, so an append pays for no more
-- than the test.
create index account_or_token on log.event (type, sequence) where type in ('TenantCreated', 'TokenIssued');
