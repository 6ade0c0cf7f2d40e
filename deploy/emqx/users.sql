-- What EMQX may read of the county's registry: valid credentials only. NOT RUN WITH EMQX; tests/broker/test_emqx.py runs
-- this view on a real PostgreSQL and checks a password against it. Several counties: deploy/province/users.sql.
-- A hash is stored as Mosquitto's $7$iterations$salt$hash, both parts base64; EMQX wants hexadecimal and the salt's bytes.
-- The server's own user `ingest` is no device: its hash is the second field of its line in the file `passwords` that
-- `jingcun device broker` writes.  INSERT INTO emqx_servers VALUES ('ingest', '$7$…');
CREATE TABLE IF NOT EXISTS emqx_servers (username TEXT PRIMARY KEY, hash TEXT NOT NULL);
CREATE OR REPLACE VIEW emqx_users AS
SELECT username,
       encode(decode(split_part(hash, '$', 5), 'base64'), 'hex') AS password_hash,
       decode(split_part(hash, '$', 4), 'base64') AS salt
FROM (SELECT device::text AS username, hash FROM county_credentials WHERE revoked_at IS NULL
      UNION ALL SELECT username, hash FROM emqx_servers) AS valid;
