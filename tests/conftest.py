"""What every test run shares."""

import signal

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.tools.fixtures"]

# A busy machine is no defect: examples have no deadline.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

# A shell that runs us in the background has SIGINT ignored, and every command under test would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
