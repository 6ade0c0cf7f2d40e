"""Who gets in and what they see: accounts, sessions, a viewer's part of the county, the guard around every request."""
