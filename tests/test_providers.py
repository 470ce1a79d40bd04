"""provider=: which of ONNX runtime's execution providers runs a network, and what is said of those that can't."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

import accelir
from accelir.cli import main
from accelir.restoration.network import open_network
from accelir.restoration.providers import default_provider, providers, runtime_names, runtime_options
from accelir.restoration.runtime_errors import explained

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
PICTURE = np.full((6, 5, 3), 90, np.uint8)


@pytest.fixture
def _cuda_is_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with onnxruntime-gpu on a machine without a GPU: the provider is listed, and can't be started."""
    names = ["TensorrtExecutionProvider", CUDA, "AzureExecutionProvider", CPU]
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: names)


def test_the_cpu_is_always_there() -> None:
    assert providers()[-1] == "cpu"
    assert runtime_names("cpu") == [CPU]


def test_threads_are_told_to_those_who_do_not_ask() -> None:
    assert runtime_options("OpenVINOExecutionProvider", 2) == {"num_of_threads": "2"}
    assert runtime_options("OpenVINOExecutionProvider", 0) == runtime_options(CPU, 2) == {}


@pytest.mark.usefixtures("_cuda_is_built_in")
def test_auto_takes_a_gpu_and_nothing_that_leaves_the_machine() -> None:
    assert providers() == ("tensorrt", "cuda", "cpu")
    assert default_provider() == "cuda"
    assert runtime_names("auto") == [CUDA, CPU]
    assert runtime_names("tensorrt") == ["TensorrtExecutionProvider", CPU]


@pytest.mark.usefixtures("_cuda_is_built_in")
@pytest.mark.filterwarnings("ignore:Specified provider")
def test_a_gpu_that_does_not_work_is_told_or_passed_over() -> None:
    # ONNX runtime warns of it and would run on the CPU without a word more.
    assert open_network("sr-x2", 1, "auto")(PICTURE).shape == (12, 10, 3)
    with pytest.raises(ValueError, match=r"provider 'cuda' doesn't work on this machine.*take 'cpu' or 'auto'"):
        open_network("sr-x2", 1, "cuda")


def decode_encoded(image, network, **options):
    return accelir.decode(accelir.encode(image, max_bytes=2000), network=network, **options)


@pytest.mark.parametrize("call", [accelir.restore, decode_encoded])
def test_a_provider_that_is_not_there_is_refused(call) -> None:
    with pytest.raises(ValueError, match=r"no provider 'cuda' .* which has .*cpu; .*pip install onnxruntime-gpu"):
        call(PICTURE, "sr-x2", provider="cuda")
    with pytest.raises(TypeError, match="provider is a name as 'auto' or 'cpu', not int"):
        call(PICTURE, "sr-x2", provider=1)
    assert (call(PICTURE, "sr-x2", provider="CPU") == call(PICTURE, "sr-x2")).all()


def test_the_command_takes_and_refuses_providers(tmp_path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(accelir.encode(PICTURE, max_bytes=2000))
    words = ["decode", str(file), "-o", str(tmp_path / "a.png"), "--restore", "--provider"]
    assert CliRunner().invoke(main, [*words, "cpu"]).exit_code == 0
    refused = CliRunner().invoke(main, [*words, "tpu"])
    assert refused.exit_code == 2
    assert "no provider 'tpu'" in refused.stderr


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            "[ONNXRuntimeError] : 1 : FAIL : Fatal error: mmdeploy:Warp(-1) is not a registered function/op",
            "it uses the operator mmdeploy:Warp, which ONNX runtime hasn't; export the model with standard",
        ),
        ("Error No Op registered for Foo with domain_version of 17", "it uses the operator Foo, which"),
        (
            "[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Could not find an implementation for Relu(14) node with name",
            "it uses Relu on numbers of a type that ONNX runtime can't compute with",
        ),
        ("Current official support for domain ai.onnx is till opset 28.", "opset_version=28 or less"),
        ("Unsupported model IR version: 99, max supported IR version: 14", "an IR version of 14 or less"),
        ("[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : something else", "something else"),
    ],
)
def test_errors_of_onnx_runtime_are_told_in_words(error: str, words: str) -> None:
    told = explained(error)
    assert words in told
    assert "ONNXRuntimeError" not in told
