"""`python -m kubectl_recycle_injected` is the same as the executable."""

import sys

from kubectl_recycle_injected.main import main

if __name__ == "__main__":
    sys.exit(main())
