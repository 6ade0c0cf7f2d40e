-- What EMQX may read of the county's registry: valid credentials only. NOT RUN WITH EMQX; tests/broker/test_emqx.py runs
-- this view on a real PostgreSQL and checks a password against it.
-- A hash is stored as Mosquitto's $7$iterations$salt$hash, both parts base64; EMQX wants hexadecimal and the salt's bytes.
CREATE OR REPLACE VIEW emqx_users AS
SELECT device AS username,
       encode(decode(split_part(hash, '$', 5), 'base64'), 'hex') AS password_hash,
       decode(split_part(hash, '$', 4), 'base64') AS salt
FROM county_credentials
WHERE revoked_at IS NULL;
