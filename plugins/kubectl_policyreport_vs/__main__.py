"""`python -m kubectl_policyreport_vs` is the same as the executable."""

import sys

from kubectl_policyreport_vs.main import main

if __name__ == "__main__":
    sys.exit(main())
