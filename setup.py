"""Builds the compiled twin of the kernel. All else about the distribution stands in pyproject.toml.

Every ``src/outcry/kernel/NAME.py`` that has a ``NAME.pxd`` beside it is compiled as
``outcry.kernel.compiled.NAME``. Both files are copied under that package before Cython reads them:
the copy is what makes Cython find the ``.pxd``, lets relative imports between kernel modules stay
inside the twin, and keeps generated files out of the source tree. The hash of all these sources is
appended to each copy, so that a twin built from other sources is recognised when it is imported
(see ``outcry/kernel/_twin.py``).

Environment: ``OUTCRY_REQUIRE_CYTHON=1`` makes a failed compile fail the build; without it the
distribution installs without the twin and runs interpreted, which it says at every start.
``OUTCRY_PURE=1`` does not even try.
"""

import os
import runpy
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError


KERNEL = Path("src/outcry/kernel")
TWIN = "outcry.kernel.compiled"
PURE = os.environ.get("OUTCRY_PURE", "") not in {"", "0"}
REQUIRED = os.environ.get("OUTCRY_REQUIRE_CYTHON", "") not in {"", "0"}
DIRECTIVES = {
    "language_level": "3",
    # Annotations are for mypy; C types stand in the .pxd. Reading both would make them collide.
    "annotation_typing": False,
}


class BuildTwin(build_ext):
    """Translates one kernel module to C under the twin's name, then compiles it as usual."""

    def build_extension(self, ext: Extension) -> None:
        """Raise ``CompileError`` whatever goes wrong: an optional extension may fail with that."""
        try:
            ext.sources = [self._translate(ext.name.rpartition(".")[2])]
            super().build_extension(ext)
        except Exception as error:
            sentence = (
                f"outcry: {ext.name} was NOT compiled, the kernel will run interpreted: {error}"
            )
            print(sentence, file=sys.stderr)
            raise CompileError(str(error)) from error

    def _translate(self, name: str) -> str:
        from Cython.Build import cythonize  # noqa: PLC0415 - absent: this one module fails, alone

        package = _copy_sources(Path(self.build_temp) / "twin")
        module = Extension(f"{TWIN}.{name}", [str(package / f"{name}.py")])
        (translated,) = cythonize(module, compiler_directives=DIRECTIVES, quiet=True)
        return str(translated.sources[0])


def _copy_sources(root: Path) -> Path:
    """Lay the kernel's sources out as the package ``TWIN``; unchanged files keep their time."""
    source_hash = runpy.run_path(str(KERNEL / "_twin.py"))["source_hash"](KERNEL)
    package = root.joinpath(*TWIN.split("."))
    package.mkdir(parents=True, exist_ok=True)
    for folder in (package, package.parent, package.parent.parent):
        _write(folder / "__init__.py", "")
    for pxd in sorted(KERNEL.glob("*.pxd")):
        _write(package / pxd.name, pxd.read_text("utf-8"))
        module = pxd.with_suffix(".py")
        if module.exists():
            text = module.read_text("utf-8").rstrip("\n")
            _write(package / module.name, f'{text}\n\n__source_hash__ = "{source_hash}"\n')
    return package


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def _extensions() -> list[Extension]:
    if PURE:
        return []
    optional = not REQUIRED
    modules = (pxd.with_suffix(".py") for pxd in sorted(KERNEL.glob("*.pxd")))
    return [
        Extension(
            f"{TWIN}.{module.stem}", [str(module)], extra_compile_args=["-O3"], optional=optional
        )
        for module in modules
        if module.exists()
    ]


setup(ext_modules=_extensions(), cmdclass={"build_ext": BuildTwin})
