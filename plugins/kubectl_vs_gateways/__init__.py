"""`kubectl vs-gateways`: which VirtualService is bound to, and really served by, which gateway."""
