"""The life of a ticket: called, handled, proved, closed; the clock; the phone desk."""
