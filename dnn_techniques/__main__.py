"""``python -m dnn_techniques``."""

import sys

from dnn_techniques.cli import main

sys.exit(main())
