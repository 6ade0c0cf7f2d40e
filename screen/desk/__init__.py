"""What opens behind a short code on a phone: one ticket, my to-dos, a code that is typed, the claim of a box."""
