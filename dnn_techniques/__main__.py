"""``python -m dnn_techniques``."""

import sys

from dnn_techniques.cli import main

if __name__ == "__main__":
    sys.exit(main())
