# ruff: noqa: INP001 - a script that stands by itself
"""Exit code 0 when the web server of this container answers its health page, which asks database and broker."""

import sys
import urllib.request

request = urllib.request.Request("http://127.0.0.1:8000/suc-khoe/", headers={"Host": "localhost"})
try:
    with urllib.request.urlopen(request, timeout=4):  # noqa: S310 - our own address; raises unless it answers 2xx
        sys.exit(0)
except OSError as error:
    sys.exit(str(error))
