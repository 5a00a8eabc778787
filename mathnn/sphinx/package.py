"""The helper package as a file on the site, so that a chapter that was downloaded alone can run."""

import zipfile
from pathlib import Path

FILE = "mathnn.zip"
ROOT = Path(__file__).parents[2]
TOP = ("pyproject.toml", "README.md", "LICENSE")


def write_package(app, exception):
    """Write the package's source beside the other static files; pip installs it as it is."""
    if exception or app.builder.format != "html":
        return
    sources = [p for p in sorted(ROOT.glob("mathnn/**/*")) if p.is_file() and "__pycache__" not in p.parts]
    with zipfile.ZipFile(Path(app.outdir, "_static", FILE), "w", zipfile.ZIP_DEFLATED) as archive:
        for path in [*(ROOT / name for name in TOP), *sources]:
            archive.write(path, path.relative_to(ROOT))


def setup(app):
    """Connect."""
    app.connect("build-finished", write_package)
