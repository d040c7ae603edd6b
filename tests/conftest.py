"""What every test run shares."""

from hypothesis import settings

pytest_plugins = ["tests.tools.fixtures"]

# A busy machine is no defect: examples have no deadline.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
