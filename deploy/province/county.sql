-- One more county: its role, and a schema of the same name that no other county's role can read. Run it again to give
-- the role a new password. Both values come first, so that no password stands in a list of processes (README.md):
--   \set county 640999
--   \set password …
SELECT format('CREATE ROLE %I LOGIN CONNECTION LIMIT 60', 'county_' || :'county')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'county_' || :'county') \gexec
SELECT format('ALTER ROLE %I PASSWORD %L', 'county_' || :'county', :'password') \gexec
SELECT format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I', 'county_' || :'county', 'county_' || :'county') \gexec
