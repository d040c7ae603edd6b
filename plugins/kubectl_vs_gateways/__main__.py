"""`python -m kubectl_vs_gateways` is the same as the executable."""

import sys

from kubectl_vs_gateways.main import main

if __name__ == "__main__":
    sys.exit(main())
