"""`kubectl policyreport-vs`: which VirtualServices still depend on the mutation policy."""
