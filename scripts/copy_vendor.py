"""Copy what our pages need from node_modules into app/static/vendor.

Only built files are copied, one folder per package, so that pages load them from our own server and no
bundler is needed. Beside them stands LICENSES.txt: the built files contain the packages they depend on,
so it holds the terms of every package of the npm lock. A package that names MIT but ships no text gets
that of LICENSES/MIT.txt.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NODE_MODULES = ROOT / "node_modules"
VENDOR = ROOT / "app" / "static" / "vendor"

# vendor folder: (folder in node_modules, files or folders in it). Folders are copied whole.
WANTED: dict[str, tuple[str, tuple[str, ...]]] = {
    "tabler": ("@tabler/core/dist", ("css/tabler.min.css", "js/tabler.min.js")),
    "tabler-icons": ("@tabler/icons-webfont/dist", ("tabler-icons.min.css", "fonts/tabler-icons.woff2")),
    # Globals: BpmnJS and DmnJS. Their licence asks that the bpmn.io watermark stays visible.
    "bpmn-js": (
        "bpmn-js/dist",
        (
            "bpmn-navigated-viewer.production.min.js",
            "assets/bpmn-js.css",
            "assets/diagram-js.css",
            "assets/bpmn-font/css/bpmn.css",
            "assets/bpmn-font/font/bpmn.woff2",
        ),
    ),
    "dmn-js": (
        "dmn-js/dist",
        (
            "dmn-viewer.production.min.js",
            "assets/diagram-js.css",
            "assets/dmn-js-boxed-expression.css",
            "assets/dmn-js-decision-table.css",
            "assets/dmn-js-drd.css",
            "assets/dmn-js-literal-expression.css",
            "assets/dmn-js-shared.css",
            "assets/dmn-font/css/dmn.css",
            "assets/dmn-font/font/dmn.woff2",
        ),
    ),
    "htmx": ("htmx.org/dist", ("htmx.min.js",)),
}


def copy_vendor() -> None:
    """Replace app/static/vendor. Raises FileNotFoundError when a package no longer has a file we need."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    for folder, (source, names) in WANTED.items():
        for name in names:
            target = VENDOR / folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(NODE_MODULES / source / name, target)
    (VENDOR / "LICENSES.txt").write_text("\n".join(notices()), encoding="utf-8")


def notices() -> Iterator[str]:
    """One section per package of the npm lock: name, version, licence, text.

    Raises LookupError for a package that states no terms at all.
    """
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    for path in sorted(path for path in lock["packages"] if path):
        package = json.loads((ROOT / path / "package.json").read_text(encoding="utf-8"))
        yield f"{'=' * 100}\n{package['name']} {package['version']}\n"
        yield licence_text(ROOT / path, package)


def licence_text(folder: Path, package: dict[str, Any]) -> str:
    texts = sorted(f for f in folder.iterdir() if f.name.lower().startswith(("licen", "copying", "notice")))
    if texts:
        return "\n".join(text.read_text(encoding="utf-8") for text in texts)
    if package.get("license") == "MIT" or readme_names_mit(folder):
        author = package.get("author") or f"the authors of {package['name']}"
        return f"Copyright (c) {author}\n\n{(ROOT / 'LICENSES' / 'MIT.txt').read_text(encoding='utf-8')}"
    raise LookupError(f"{package['name']}: 没有许可文本 / no licence text")


def readme_names_mit(folder: Path) -> bool:
    return any("## License\n\n  MIT" in f.read_text(encoding="utf-8") for f in folder.glob("[Rr]eadme.md"))


if __name__ == "__main__":
    try:
        copy_vendor()
    except (FileNotFoundError, LookupError) as problem:
        sys.exit(f"网页依赖不完整 / browser dependencies are incomplete: {problem}")
