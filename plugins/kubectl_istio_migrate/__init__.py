"""The plugin `kubectl istio-migrate`: drives a migration, one module per command."""
