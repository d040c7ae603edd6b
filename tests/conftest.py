"""What every test run shares."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.tools.fixtures"]

# A busy machine is no defect: examples have no deadline.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
