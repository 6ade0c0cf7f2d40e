"""Mutes: who may hold back tickets, where, until when; what was kept back meanwhile."""
