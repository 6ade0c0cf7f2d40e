"""The ``jingcun`` command: one entry, one file per command, plain errors and exit codes.

Exit codes: 0 done; 1 done, and something was found wrong; 2 the call or a file cannot be used; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from broker import journal
from jingcun.commands import (
    account,
    audit,
    bins,
    claim,
    county,
    dead_letters,
    demo,
    detect,
    device,
    evidence,
    fairness,
    model,
    notify,
    programs,
    replay,
    report,
    silence,
    simulate,
    ticket,
    train,
    verdicts,
    version,
)
from jingcun.commands.shared import say_fault
from jingcun.supervise import end_with_parent

app = typer.Typer(
    name="jingcun",
    help="净村: from a picture of a village lane to a closed ticket.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("server")(programs.server)
app.command("edge")(programs.edge)
app.command("claim")(claim.claim)
app.command("ingest")(programs.ingest)
app.command("alerts")(programs.alerts)
app.command("screen")(programs.screen)
app.add_typer(detect.app, name="detect")
app.add_typer(ticket.app, name="ticket")
app.command("train")(train.train)
app.add_typer(county.app, name="county")
app.add_typer(device.app, name="device")
app.add_typer(model.app, name="model")
app.add_typer(bins.app, name="bins")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(evidence.app, name="evidence")
app.add_typer(verdicts.app, name="verdicts")
app.add_typer(fairness.app, name="fairness")
app.add_typer(account.app, name="account")
app.add_typer(audit.app, name="audit")
app.command("replay")(replay.replay)
app.command("simulate")(simulate.simulate)
app.add_typer(report.app, name="report")
app.add_typer(silence.app, name="silence")
app.add_typer(notify.app, name="notify")
app.command("version")(version.version)


@app.callback()
def _settings(
    context: typer.Context,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log decisions too, not only warnings.")] = False,
    log_format: Annotated[
        str | None, typer.Option("--log-format", help="text or json (one object a line); also [log] in the settings.")
    ] = None,
) -> None:
    if verbose:
        os.environ[journal.LEVEL] = "info"  # the programs that this one starts say it alike
    if log_format is not None:
        os.environ[journal.FORMAT] = log_format
    journal.begin(context.invoked_subcommand or "jingcun")


def main() -> None:
    """Run the command; an unusable file or address ends in one line and exit code 2."""
    end_with_parent()
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except (ValueError, OSError) as error:
        say_fault(error)
        sys.exit(2)


if __name__ == "__main__":
    main()
