"""``python -m mqlrules`` is the command ``mqlrules``."""

import sys

from mqlrules.cli import main

sys.exit(main())
