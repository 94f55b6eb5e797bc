"""Entry of `python3 tools/cw`: makes the folder importable as the package `cw`, then hands over to cli."""

import sys
from pathlib import Path

# Python puts tools/cw itself first; its parent belongs there, or `import cw` would find nothing and our module
# names could hide those of the standard library.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from cw import cli  # noqa: E402  (needs the path above)

sys.exit(cli.main(sys.argv[1:]))
