"""How long random tests look: ``MQLRULES_HYPOTHESIS=long`` searches far and anew each time."""

import os

from hypothesis import HealthCheck, settings

# Generating a whole rule set and a history for it takes a while, and that is no sign of a bad test.
_PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}

# The same examples in every run, so that what is red here is red there.
settings.register_profile("default", max_examples=60, derandomize=True, database=None, **_PATIENT)
settings.register_profile("long", max_examples=5000, print_blob=True, **_PATIENT)
settings.load_profile(os.environ.get("MQLRULES_HYPOTHESIS", "default"))
