-- What EMQX may read: the valid credentials of every county whose registry is loaded, and the servers' own users. Run it
-- again after `county load` of a new county. NOT RUN WITH EMQX; tests/deploy runs it on a real PostgreSQL.
--   \set password …     of the role `emqx`
-- An id that two counties have is let in for neither: its owner's messages could not be told from the other's.
SELECT 'CREATE ROLE emqx LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'emqx') \gexec
SELECT format('ALTER ROLE emqx PASSWORD %L', :'password') \gexec
CREATE TABLE IF NOT EXISTS emqx_servers (username TEXT PRIMARY KEY, hash TEXT NOT NULL);
DO $do$
DECLARE
  place TEXT;
  devices TEXT := '';
BEGIN
  FOR place IN SELECT nspname FROM pg_namespace
               WHERE nspname ~ '^county_[0-9]{6}$' AND to_regclass(format('%I.county_credentials', nspname)) IS NOT NULL
  LOOP
    EXECUTE format('CREATE INDEX IF NOT EXISTS emqx_by_device ON %I.county_credentials (device) WHERE revoked_at IS NULL',
                   place);
    devices := devices || format(
      'SELECT device::text AS username, hash FROM %I.county_credentials WHERE revoked_at IS NULL UNION ALL ', place);
  END LOOP;
  EXECUTE 'CREATE OR REPLACE VIEW emqx_known AS ' || devices || 'SELECT username, hash FROM emqx_servers';
END $do$;
CREATE OR REPLACE VIEW emqx_users AS
SELECT username,
       encode(decode(split_part(hash, '$', 5), 'base64'), 'hex') AS password_hash,
       decode(split_part(hash, '$', 4), 'base64') AS salt
FROM (SELECT username, hash, count(*) OVER (PARTITION BY username) AS owners FROM emqx_known) AS known
WHERE owners = 1;
-- The ids to be changed: none, or somebody is shut out.
CREATE OR REPLACE VIEW emqx_doubled AS
SELECT username, count(*) AS owners FROM emqx_known GROUP BY username HAVING count(*) > 1;
GRANT SELECT ON emqx_users TO emqx;
