"""How all tests run. ``MQLRULES_HYPOTHESIS=long``: random tests search far and anew each time."""

import os
import signal

from hypothesis import HealthCheck, settings

# Who starts the tests in the background may have interrupts ignored, and every process that a test starts would, too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Generating a whole rule set and a history for it takes a while, and that is no sign of a bad test.
_PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}

# The same examples in every run, so that what is red here is red there.
settings.register_profile("default", max_examples=60, derandomize=True, database=None, **_PATIENT)
settings.register_profile("long", max_examples=5000, print_blob=True, **_PATIENT)
settings.load_profile(os.environ.get("MQLRULES_HYPOTHESIS", "default"))
