"""One effect of a request that comes twice: Idempotency-Key on every POST of somebody signed in."""
