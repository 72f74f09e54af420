"""``python -m hanoi_ehr.services``: what bin/run, bin/manage, bin/test and bin/bench call."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from hanoi_ehr.services import sharing
from hanoi_ehr.services.credentials import SecretsMissing
from hanoi_ehr.services.installation import CLONE, Installation, outer_environment
from hanoi_ehr.services.launch import Launch
from hanoi_ehr.services.process import ServerFailed
from hanoi_ehr.services.supervisor import AlreadyRunning, StartFailed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hanoi_ehr.services", description=__doc__)
    commands = parser.add_subparsers(dest="action", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--var", type=Path, default=None, help="data folder (default: $EHR_VAR, else var/)")
    common.add_argument("--throw-away", action="store_true", help="fast servers whose data may be lost (tests)")

    up = commands.add_parser("up", parents=[common], help="PostgreSQL and Valkey in the foreground, nothing else")
    up.add_argument("--print-env", action="store_true", help="print the variables as shell exports once up")
    commands.add_parser("keep", parents=[common], help="the same for as long as somebody uses them")
    use = commands.add_parser("with", parents=[common], help="run a command with the servers up")
    use.add_argument("command", nargs=argparse.REMAINDER)
    commands.add_parser("env", parents=[common], help="print the variables of this installation")
    commands.add_parser("stop", parents=[common], help="stop the supervisor of this installation")
    run = commands.add_parser("run", parents=[common], help="everything: servers, migration, web, worker, beat")
    run.add_argument("--port", type=int, default=8000)
    run.add_argument("--host", default="127.0.0.1")
    run.add_argument("--check", action="store_true", help="visit every page, then stop")
    run.add_argument("--empty", action="store_true", help="no demonstration data")
    return parser


def _print_env(installation: Installation) -> None:
    given = installation.given
    for name, value in installation.environment().items():
        if given.get(name) != value or name.startswith("EHR_"):
            print(f"export {name}={shlex.quote(value)}")
    sys.stdout.flush()


def _act(options: argparse.Namespace) -> int:
    given = outer_environment(throw_away=options.throw_away)
    var = options.var or Path(given.get("EHR_VAR") or CLONE / "var")
    installation = Installation.open(var, given, throw_away=options.throw_away)
    match options.action:
        case "up":
            return sharing.up(installation, lambda: _print_env(installation) if options.print_env else None)
        case "keep":
            return sharing.keep(installation)
        case "with":
            return sharing.run_with(installation, [word for word in options.command if word != "--"])
        case "env":
            _print_env(installation)
            return 0
        case "stop":
            return sharing.stop(installation.place)
        case _:
            return Launch(installation, options.port, options.host, options.check, options.empty).run()


def main() -> int:
    """Exit code of one call; what is wrong is said in one message, not as a traceback."""
    try:
        return _act(_parser().parse_args())
    except AlreadyRunning as error:
        print(
            f"Đã có một tiến trình khác dùng thư mục dữ liệu này / another process uses this data folder: {error}",
            file=sys.stderr,
        )
    except (StartFailed, ServerFailed, SecretsMissing) as error:
        print(f"Không khởi động được / could not start: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
