"""`python -m kubectl_istio_migrate` is the same as the executable."""

import sys

from kubectl_istio_migrate.main import main

if __name__ == "__main__":
    sys.exit(main())
