"""`kubectl recycle-injected`: restart exactly what still runs an old sidecar, without an outage."""
