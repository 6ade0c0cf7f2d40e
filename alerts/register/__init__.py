"""The register (审计登记): who did or looked at what, from where and why; a hash chain that is only added to."""
