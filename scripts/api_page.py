"""Writes docs/api.md from the docstrings and signatures in src/.

python scripts/api_page.py [--check]      --check: only tell by the exit code whether the page is up to date
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "api.md"
SECTIONS: dict[str, dict[str, list[str]]] = {
    "accelir": {
        "api.py": ["encode", "Encoder", "Encoded"],
        "formats/restored.py": ["decode"],
        "sets/encode_set.py": ["encode_set"],
        "restoration/restore.py": ["restore"],
        "restoration/installed.py": ["networks"],
        "profile/installed.py": ["profiles"],
        "errors.py": ["BudgetError", "TargetError", "ProfileError"],
    },
    "accelir.pillow_plugin": {"pillow_plugin.py": ["register", "unregister", "registered"]},
    "accelir.formats.inspect": {"formats/inspect.py": ["inspect"]},
    "accelir.formats.report": {"formats/report.py": ["Report"]},
    "accelir.formats.jpeg.inspect": {"formats/jpeg/inspect.py": ["JpegReport"]},
    "accelir.formats.webp.inspect": {"formats/webp/inspect.py": ["WebpReport"]},
    "accelir.restoration.network": {"restoration/network.py": ["open_network", "Network"]},
    "accelir.restoration.card": {"restoration/card.py": ["Card"]},
    "accelir.metrics": {
        "metrics/metric.py": ["Metric", "Judge", "sum_by_cell"],
        "metrics/psnr.py": ["psnr", "Psnr"],
        "metrics/flat.py": ["FlatPsnr"],
        "metrics/ssim.py": ["Ssim", "MultiScaleSsim"],
        "metrics/ssimulacra2.py": ["Ssimulacra2"],
    },
    "accelir.metrics.optional": {"metrics/optional.py": ["optional_metrics"]},
    "accelir.cells.modes": {"cells/modes.py": ["make_modes"]},
    "accelir.cells.allocation": {"cells/allocation.pyi": ["allocate", "Allocation"]},
}
HEAD = """# API

Written by `python scripts/api_page.py` from the docstrings. Names that are not here may change without notice.
"""

Function = ast.FunctionDef
Entry = ast.FunctionDef | ast.ClassDef


def main() -> int:
    text = page()
    if "--check" in sys.argv[1:]:
        return int(not PAGE.exists() or PAGE.read_text("utf-8") != text)
    PAGE.write_text(text, "utf-8")
    return 0


def page() -> str:
    lines = [HEAD]
    for module, files in SECTIONS.items():
        lines.append(f"## {module}\n")
        for file, names in files.items():
            tree = ast.parse((ROOT / "src" / "accelir" / file).read_text("utf-8"))
            found = {node.name: node for node in tree.body if isinstance(node, Entry)}
            for name in names:
                lines += [f"### {name}\n", "```", *entry_lines(found[name], module), "```\n"]
    return "\n".join(lines)


def entry_lines(node: Entry, module: str, indent: str = "") -> Iterator[str]:
    """The signature and docstring of a function or class, with a class's public members."""
    yield from indented(signature(node), indent)
    yield from indented(ast.get_docstring(node) or compiled_docstring(node, module), indent + "    ")
    if isinstance(node, ast.FunctionDef):
        return
    for member, following in zip(node.body, [*node.body[1:], ast.Pass()], strict=True):
        if isinstance(member, ast.AnnAssign) and not ast.unparse(member.target).startswith("_"):
            yield ""
            yield from indented(field_line(member), indent + "    ")
            yield from indented(attribute_docstring(following), indent + "        ")
        elif isinstance(member, ast.FunctionDef) and member.name != "__init__" and public(member):
            yield ""
            yield from entry_lines(member, module, indent + "    ")


def public(member: Function) -> bool:
    return not member.name.startswith("_") or member.name == "__call__"


def signature(node: Entry) -> str:
    if isinstance(node, ast.ClassDef):
        init = next((m for m in node.body if isinstance(m, ast.FunctionDef) and m.name == "__init__"), None)
        bases = ", ".join(ast.unparse(base) for base in node.bases)
        return (
            f"class {node.name}({arguments(init)})" if init else f"class {node.name}" + (f"({bases})" if bases else "")
        )
    if any(ast.unparse(d) == "property" for d in node.decorator_list):
        return f"{node.name}: {ast.unparse(node.returns) if node.returns else ''}"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{node.name}({arguments(node)}){returns}"


def arguments(node: Function) -> str:
    """On one line, or one a line where that would be longer than a hundred characters."""
    text = ast.unparse(node.args).removeprefix("self").removeprefix("cls").removeprefix(", ")
    if len(text) + len(node.name) <= 100:
        return text
    names = [ast.unparse(arg) for arg in node.args.args if arg.arg not in ("self", "cls")]
    for arg, default in zip(reversed(names), reversed(node.args.defaults), strict=False):
        names[names.index(arg)] = f"{arg} = {ast.unparse(default)}"
    only = [
        ast.unparse(arg) + ("" if default is None else f" = {ast.unparse(default)}")
        for arg, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    ]
    return "".join(f"\n    {part}," for part in [*names, *(["*"] if only else []), *only]) + "\n"


def field_line(member: ast.AnnAssign) -> str:
    return f"{ast.unparse(member.target)}: {ast.unparse(member.annotation)}"


def attribute_docstring(node: ast.AST) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return inspect.cleandoc(node.value.value)
    return ""


def compiled_docstring(node: Entry, module: str) -> str:
    """What a compiled module says, as its stub has no docstrings."""
    return inspect.getdoc(getattr(importlib.import_module(module), node.name, None)) or ""


def indented(text: str, indent: str) -> Iterator[str]:
    for line in text.splitlines():
        yield (indent + line).rstrip()


if __name__ == "__main__":
    sys.exit(main())
