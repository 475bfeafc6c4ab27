"""How fast the pages of people, audiences and tables answer, and files go in and out, at a size: `hongyan bench people`.

One run: an installation of its own with the demonstration and the data of `demo/sizes`, its web and worker processes, and each
figure measured where somebody waits for it: a page by its own request over HTTP, an import and an export by their jobs.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable

from hongyan.bench.figures import PeopleFigures
from hongyan.bench.installation import Installation
from hongyan.bench.plan import PeoplePlan
from hongyan.runtime.logging import set_up


def run(plan: PeoplePlan, say: Callable[[str], None]) -> PeopleFigures:
    """Measure. Everything started is stopped again, whatever happens."""
    set_up("warning")
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    installation = Installation()
    try:
        return _measured(plan, installation, say)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        installation.stop()


def _measured(plan: PeoplePlan, installation: Installation, say: Callable[[str], None]) -> PeopleFigures:
    installation.prepare()
    import django

    django.setup()
    from django.core.management import call_command

    from hongyan.bench import asked, carried
    from hongyan.bench.scene import wait_for_web
    from hongyan.demo.sizes.filling import Sizes, fill

    call_command("migrate", verbosity=0, interactive=False)
    figures = PeopleFigures(people=plan.people)
    started = time.monotonic()
    fill(Sizes(plan.people, plan.orders, plan.messages, plan.rows), lambda words: say(f"  {words}"))
    figures.filled_s = round(time.monotonic() - started, 1)
    installation.start("web", ["hongyan.cli", "web"])
    worker = installation.start("worker", ["hongyan.cli", "worker"])
    wait_for_web(installation.web_port)
    say("pages")
    with asked.client(installation.web_port) as pages:
        asked.measure(pages, plan.asks, figures)
        say("exports")
        carried.measure_exports(pages, figures, worker.popen.pid)
    say("imports")
    carried.measure_imports(plan.imported, figures, worker.popen.pid)
    return figures
