"""What is loaded for what: packages that take long to import are imported where they are used."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

import accelir
from accelir.cli import COMMANDS, main

ROOT = Path(__file__).parents[1]
HEAVY = {"numpy", "PIL", "scipy", "onnxruntime", "torch", "onnx", "sklearn", "pandas", "matplotlib", "distributed"}


def loaded(code):
    """Modules that are loaded after the code has run in a fresh interpreter."""
    script = f"import sys\n{code}\nprint(*sys.modules, sep='\\n', file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stderr.split())


def test_the_help_of_the_command_line_loads_click_alone():
    modules = loaded("from accelir.cli import main\nmain(['--help'], standalone_mode=False)")
    assert not HEAVY & modules
    assert "accelir.api" not in modules


def test_the_package_loads_nothing_until_it_is_used():
    modules = loaded("import accelir")
    assert {m for m in modules if m.startswith("accelir.")} == {"accelir._version"}
    assert not HEAVY & modules


def test_an_encoding_loads_neither_networks_nor_sets_nor_the_command_line():
    modules = loaded(
        "import accelir, numpy\n"
        "for format in ('jpeg', 'webp'):\n"
        "    accelir.encode(numpy.zeros((40, 40, 3), 'u1'), max_bytes=3000, format=format)"
    )
    assert not (HEAVY - {"numpy", "PIL"}) & modules
    assert not {"click", "tqdm", "accelir.sets", "accelir.fleets", "accelir.commands", "accelir.comparison"} & modules
    assert (
        not {f"accelir.formats.{name}" for name in ("reference", "scaling", "target", "restored", "report")} & modules
    )
    assert (
        not {"accelir.restoration.network", "accelir.formats.jpeg.closed_loop", "accelir.formats.jpeg.parse"} & modules
    )


def test_an_encoding_loads_nothing_of_the_other_format():
    modules = loaded("import accelir, numpy\naccelir.encode(numpy.zeros((40, 40, 3), 'u1'), max_bytes=3000)")
    assert {name for name in modules if name.startswith("accelir.formats.webp.")} == {"accelir.formats.webp.format"}
    assert "accelir.core.vp8" not in modules


def test_the_command_for_one_picture_loads_neither_sets_nor_fleets(tmp_path):
    call = ["encode", str(ROOT / "examples" / "photo.png"), "-o", str(tmp_path / "photo.jpg"), "--max-bytes", "20k"]
    modules = loaded(f"from accelir.cli import main\nmain({call}, standalone_mode=False)")
    assert not [name for name in modules if name.startswith(("accelir.sets", "accelir.fleets"))]
    assert not {"accelir.commands.sets", "accelir.commands.plot", "accelir.commands.receiving", "tqdm"} & modules
    assert "PIL.TiffImagePlugin" not in modules  # all of Pillow's plugins take as long to import as a small encoding


@pytest.mark.parametrize("name", accelir.__all__)
def test_every_public_name_is_found_when_asked_for(name):
    assert getattr(accelir, name) is not None
    assert name in dir(accelir)


def test_a_part_of_the_package_needs_no_import_of_its_own():
    loaded("import accelir\nassert accelir.metrics.METRICS and accelir.api.Encoder")


def test_a_name_that_there_is_not_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'accelir' has no attribute 'endcode'"):
        _ = accelir.endcode


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_command_says_of_itself_is_what_the_list_says(name):
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name
    assert command.get_short_help_str(200) == COMMANDS[name]
