"""Files made to cost much or to mislead: little work for few bytes, damage seen in every kind of JPEG, text that is
only text, networks that are one file."""

import base64
import importlib
import io
import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import jpeglib
import numpy as np
import pytest
from helpers import pillow_jpeg, smooth
from PIL import Image

import accelir
from accelir.cells.qpnet import QpNet
from accelir.core import jpeg
from accelir.errors import ProfileError
from accelir.formats.decode import decode_pixels, network_of
from accelir.formats.inspect import inspect
from accelir.formats.jpeg.parse import BLOCKS_PER_BYTE, parse
from accelir.formats.pillow import FREE_PIXELS, most_pixels, pillow_at_work
from accelir.formats.webp.parse import MAX_CHUNKS
from accelir.restoration import session
from accelir.restoration.installed import find
from accelir.restoration.model_file import refuse_external_data
from accelir.restoration.network import open_network
from accelir.storage.arrays import MOST_BYTES, read_arrays
from accelir.storage.files import sha256
from accelir.storage.text import MOST_CHARACTERS, printable

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
costly = importlib.import_module("costly")
DECODE = importlib.import_module("accelir.formats.jpeg.decode")


@pytest.fixture(params=["turbo", "pillow"])
def decoder(request, monkeypatch):
    if request.param == "pillow":
        monkeypatch.setattr(DECODE, "turbo", lambda: None)
    elif DECODE.turbo() is None:
        pytest.skip("PyTurboJPEG or libturbojpeg is not installed")
    return request.param


# The same levels of a picture of 45 x 35 pixels, by libjpeg-turbo's jpegtran.
CODED = {
    name: base64.b85decode("".join(text.split()))
    for name, text in {
        "huffman": """
            |JeWF01!$>Nk#wx0RR9200961|JwjV01XKW3knDg3knMk4h;_zAQcl55)&sJ9v2`kDKRiEDJ?8BI!Zn>HbyrrEkIX6ModmpQ&KWMT47pHU`k
            O^PygEhLjevB4iga*CKVMXPc<zyPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPf!2A01*fPBLFP}0U`hb5
            di}c0sq7R8UO$T00RL40000000000000051_J~K0{_GSC=dVv1OWmB1_J;900000000310s{mQ1tAhKQE>(o6(Tf279%tN!~hoo0RaI40000
            000000000001q1^D|HJ?y5dZ-M0R#dA0000000000009630|W&TAu%!%Ga^Ak|Jncy0|5X65d#qbKLDk%t3X&la8vq)=*~`3t2M1c!sipRpS
            OM4EXm5Dxa!k9NZ0VKWq`xv6=s)yF=Ts(HA8;%Z>xZQmp0NwvQ7vkSTc<ALN`2=`Do&jK`D1t%W}tZB1zpQy)#<ka+bQ=GtDs8H0h&ZCn{b@
            We+=*RV>%TK#HSMR=0)HwF#MGBG!Srk(a~rOJKiz5}wNQ6AQW}j@QIbE$E5IQ=A<c!rviYYT5>Ut%|gLKM!}(bx&N2JR2l&YCfUt>bGIhi$7
            ;nrOMTs%_Tdd*$d9&vdyktj!3ovNIl`sCknnzH_Q$auzoNO_*hVmgBhVIIC3)AZ;bmDj{gA1a*MJ3o!tmZVmg$zYx0|TbL5WeqF{MZ*$71Ey
            P@m*n!Hp4jc=Z4LK43UJny}K|Je
        """,
        "arithmetic": """
            |JeWF01!$>Nk#wx0RR9200961|JwjV01XKW3knDg3knMk4h;_zAQcl55)&sJ9v2`kDKRiEDJ?8BI!Zn>HbyrrEkIX6ModmpQ&KWMT47pHU`k
            O^PygEhLjevB4iga*CKVMXPc<zyPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPf!2J01*fPBLFP}0U`hb5
            di}c0sqVZ3IGrg1pyEd1^?Or3<CiG0ucid06zfITT{lnm(OO>wFORSOM$@jT0l4Ic@QA>Y))#zh)nA-3O8%V&uR>Lb2?6#lYlUpRT!71tsZu
            +!6iye<-T~DFjpWO&x^HW10cf4)r*)R97~))oQY=`LHa^caWx`AEbpbMOIN1$_PkRzL3cc7a-viLAi+>Emp|AJW~ENsa?TWH>t)BJ8bcO|iZ
            HP5^cjv;k3fSiUEW&$E`HE8aGhGD`(cNnOd&WyhbRHbL6%d_6TP*HI+0bBm8NQH;6gI&I=)+uK)9xEKWc*<mmIT$xz`$z!Qo;1&~9yx3?1f8
            &M!zZXmh-~2|PABKJ;2CD#{a253Ecp%}`Or(imulyzMxe2gsuDL+kYu<|V}4KH<s2OnLm321H!<bLoSf=PB49OrNl?7B1BP*#
        """,
        "arithmetic, restarts": """
            |JeWF01!$>Nk#wx0RR9200961|JwjV01XKW3knDg3knMk4h;_zAQcl55)&sJ9v2`kDKRiEDJ?8BI!Zn>HbyrrEkIX6ModmpQ&KWMT47pHU`k
            O^PygEhLjevB4iga*CKVMXPc<zyPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPf!2J01*fPBLFP}0U`hb5
            di}c0sqVZ3IGrg1pyEd1^?Xu1ONj6+5ij#0RRFK0}%i}0Mc7i#=Do#X416<PH0Pk!1P)`H|lv1AogrdYQl(2>oE#9Ysb%O40&@pPMDK`Fqu^
            tm!_>AcCNuCN=)Uxc$zR*AREt%wPXVz!pPN&m?0cXoIsq3XBa{HLQ;VL(EjFO95sK@pmGdpkfY)W&>ly3f;H<Ml#NjF%Cvd7-UeUg2%Wxo>%
            +hUaMD8hxB=I6(ArbDNKk?P4`SBusau>$yOmnm(4x;}HRLqj<#a_czET-wn!x|j{;v<5XZg4iLuP92k&;&lQrY9h(dkh~nyeo$MI{MaiLq~r
            N4ca*40f-=)YbV=>h5-Px-WgCSJ5;MtCM`+hAY2l)Ypo3B&!2qd#F@g%Ct2^i2u_4)Fc!l8r$38U*thox}inuW|{_Sa8j<|OwK`EltR5<q!*
            jY)hYke(bboIqRzYPL~4!-;{ijw5dYZ
        """,
        "progressive, arithmetic": """
            |JeWF01!$>Nk#wx0RR9200961|JwjV01XKW3knDg3knMk4h;_zAQcl55)&sJ9v2`kDKRiEDJ?8BI!Zn>HbyrrEkIX6ModmpQ&KWMT47pHU`k
            O^PygEhLjevB4iga*CKVMXPc<zyPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPf!2K01*fPBLFP}0U`hb5
            di}c0sqVZ1^^HN5dYc$3<CiG0uTcb0005ex|%WA_D2-jNcd3OS!)G&k&X8OK1k)9*vV5iU0HYNx8u^m%W7KmUO5Puod3)K1P}%P+5iXv0RRC
            70!qEcV$c+w?_oN6Z$(v$5$oRY`jjFPmuRc>mS75w^Z*tF$2Cmg+2?<uydeRH(N=%5>f{k{fd9+@1Q7-Q+5iXv0|5a)0T2%9BeHc^%)<wZp(
            *}P3B&O&Pr?v%X0b^ZD;-_2|I7dc5e5I+00;pB0RcY&5<*5MrtzmvVM~Z7Wwi0xQK`{g+WwJ;q(t491GvEd%m4%s1^?Or2mt{A20sF~#Q)3y
            1P}%P+5iXv0RRC%ArQdF!w>=^xX3-Y^AZKOQ)HBVGLIp(_;u0>rU`P^(LvL=|Jncy0|5X600RI301(!JgRcn|p#RJO1Q7-Q+5iXv0|5a)5YS
            9rC6u>FxbE_Hz*|(x!K?qw00a>Q|Jncu0RjO5KM(++Zq{GAF>>1yky{AFp^*Q~00a;P|Jncu0RaF3KM<KEl1wr7)jUzNr|cevT-k|Dt|3_QP
            p1m1rVZAr8nwtp1k3(9H?(7E%p$xd!2<NTT(w&*I9)l2>rW*mYheG`
        """,
    }.items()
}
ARITHMETIC = [name for name in CODED if "arithmetic" in name]


def with_factors(factors, tmp_path):
    """A JPEG with these sampling factors, across and down, as libjpeg writes it."""
    image = jpeglib.from_spatial(smooth(96, 80))
    image.samp_factor = tuple((down, across) for across, down in factors)
    image.write_spatial(str(tmp_path / "factors.jpg"), qt=80)
    return (tmp_path / "factors.jpg").read_bytes()


def halved(data):
    """A file whose last scan lost half of its data."""
    scan = parse(data).scans[-1]
    return data[: scan.data_offset + scan.data_size // 2].rstrip(b"\xff") + b"\xff\xd9"


# ---- work --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [100, 900])
@pytest.mark.parametrize("read", [decode_pixels, inspect, network_of])
def test_scans_that_visit_more_blocks_than_their_bytes_may_are_refused(read, count):
    data = costly.empty_scans(5168, 5168, count)
    with pytest.raises(ValueError, match=rf"{count + 1} scans visit [\d,]+ blocks in .* bytes; .* at most"):
        read(data)


def test_a_picture_of_one_colour_in_ten_scans_stays_far_within_the_bound():
    for image in (Image.new("RGB", (1600, 1200), (9, 80, 200)), Image.new("CMYK", (1600, 1200))):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", progressive=True)
        structure = parse(buffer.getvalue())
        visits = sum(structure.frame.blocks(scan.components) for scan in structure.scans)
        assert len(structure.scans) >= 10
        assert visits < BLOCKS_PER_BYTE * structure.size / 2


def test_arithmetic_decisions_are_bounded():
    data = costly.arithmetic_work(8000, 7000)
    start = time.process_time()
    with pytest.raises(ValueError, match="more work than files of its size may"):
        decode_pixels(data)
    assert time.process_time() - start < 3


def one_block(scan):
    """A gray JPEG of 8 x 8 pixels: 0 codes a DC of 0 and sixteen zeros, 10 a level of one bit behind fifteen zeros."""
    segments = (
        (0xDB, bytes([0]) + bytes([1] * 64)),
        (0xC0, bytes([8, 0, 8, 0, 8, 1, 1, 0x11, 0])),
        (0xC4, bytes([0x00, 1, *[0] * 15, 0])),
        (0xC4, bytes([0x10, 1, 1, *[0] * 14, 0xF0, 0xF1])),
        (0xDA, bytes([1, 1, 0, 0, 63, 0])),
    )
    head = b"".join(bytes([255, code]) + (len(body) + 2).to_bytes(2, "big") + body for code, body in segments)
    return b"\xff\xd8" + head + scan + b"\xff\xd9"


def test_no_coefficient_is_put_behind_the_last_place_of_its_block():
    inside, beyond = one_block(bytes([0b00010101])), one_block(bytes([0b00001011]))
    assert np.flatnonzero(jpeg.read(inside).levels.arrays()[0]).size == 1
    with pytest.raises(ValueError, match="a coefficient beyond its scan's band"):
        jpeg.read(beyond)


def test_few_bytes_hold_few_pixels():
    flat = costly.arithmetic_flat(65_000, FREE_PIXELS // 65_000)
    assert decode_pixels(flat).shape == (FREE_PIXELS // 65_000, 65_000)
    for data in (costly.arithmetic_flat(65_000, 1200), webp_of_one_colour(9000)):
        with pytest.raises(ValueError, match=f"pixels are more than the {most_pixels(len(data)):,} that are decoded"):
            decode_pixels(data)


def webp_of_one_colour(side):
    """Lossless, with another size in its header (RFC 9649, 3.4)."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, "WEBP", lossless=True)
    data = buffer.getvalue()
    at = data.index(b"VP8L") + 9
    return data[:at] + ((side - 1) << 14 | (side - 1)).to_bytes(4, "little") + data[at + 4 :]


def test_chunks_are_bounded_and_their_error_is_short():
    for count, says in ((MAX_CHUNKS + 1, "more than 100,000 chunks"), (3000, "no picture in the chunks, 3,000")):
        with pytest.raises(ValueError, match=says) as caught:
            inspect(costly.many_chunks(count))
        assert len(str(caught.value)) < 200


def test_an_npz_bomb_is_refused_unread():
    data = costly.bomb(MOST_BYTES + (1 << 20))
    assert len(data) < MOST_BYTES / 500
    with pytest.raises(ValueError, match="at most 67,108,864 are taken"):
        read_arrays(data)
    assert not read_arrays(costly.bomb(1 << 20))["a"].any()


# ---- damage ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ARITHMETIC)
def test_arithmetic_codes_give_the_levels_of_huffman_codes(name):
    expected, found = (jpeg.read(CODED[n]).levels.arrays() for n in ("huffman", name))
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_array_equal(a, b)
    assert inspect(CODED[name]).cell_bits == inspect(CODED["huffman"]).cell_bits


@pytest.mark.parametrize("name", ARITHMETIC)
def test_arithmetic_codes_are_decoded(decoder, name):
    np.testing.assert_array_equal(decode_pixels(CODED[name]), decode_pixels(CODED["huffman"]))


def test_a_long_arithmetic_file_is_decoded(decoder):
    """Pillow hands pieces of 64 KiB to libjpeg, which can't stop within arithmetic-coded data."""
    name = "arithmetic"
    comments = b"\xff\xfe\xff\xff" + bytes(65_533)
    data = CODED[name][:2] + comments * 3 + CODED[name][2:]
    np.testing.assert_array_equal(decode_pixels(data), decode_pixels(CODED["huffman"]))


def test_an_arithmetic_picture_of_one_colour_ends_early_and_is_sound(decoder):
    assert decode_pixels(costly.arithmetic_flat(640, 480)).shape == (480, 640)


@pytest.mark.parametrize("name", ["arithmetic", "arithmetic, restarts"])
def test_half_an_arithmetic_file_is_damaged(decoder, name):
    with pytest.raises(ValueError, match="damaged JPEG"):
        decode_pixels(halved(CODED[name]))
    assert "damaged JPEG" in inspect(halved(CODED[name])).damage


@pytest.mark.parametrize(
    "factors",
    [((1, 2), (1, 1), (1, 1)), ((4, 1), (1, 1), (1, 1)), ((1, 2),) * 3, ((2, 2), (2, 1), (2, 1))],
    ids=["4:4:0", "4:1:1", "4:4:4 of twos", "mixed"],
)
def test_half_a_file_of_any_sampling_is_damaged(decoder, factors, tmp_path):
    data = with_factors(factors, tmp_path)
    assert decode_pixels(data).shape == (96, 80, 3)
    with pytest.raises(ValueError, match="damaged JPEG: a scan ends early"):
        decode_pixels(halved(data))


def test_half_a_cmyk_file_is_damaged(decoder):
    buffer = io.BytesIO()
    Image.fromarray(smooth(64, 64)).convert("CMYK").save(buffer, "JPEG")
    data = buffer.getvalue()
    assert decode_pixels(data).shape == (64, 64, 3)
    with pytest.raises(ValueError, match="damaged JPEG: a scan ends early"):
        decode_pixels(halved(data))


PLAIN = pillow_jpeg(smooth(64, 64))
PROGRESSIVE = pillow_jpeg(smooth(64, 64), progressive=True)
DQT = PLAIN.index(b"\xff\xdb")


@pytest.mark.parametrize("stray", [bytes(4), b"some text", b"\xff\x00\x12", b"\xff\xd3", b"\x01"], ids=repr)
@pytest.mark.parametrize("at", [2, DQT], ids=["behind SOI", "before DQT"])
def test_stray_bytes_between_segments_are_passed_over(decoder, stray, at):
    data = PLAIN[:at] + stray + PLAIN[at:]
    np.testing.assert_array_equal(decode_pixels(data), decode_pixels(PLAIN))
    report = inspect(data)
    assert report.parts["stray"] == len(stray)
    assert sum(report.parts.values()) == len(data)
    assert not report.damage


def test_padding_behind_a_scan_is_passed_over(decoder):
    data = PLAIN[:-2] + bytes(5) + PLAIN[-2:]
    assert jpeg.check_scans(data) == 5
    np.testing.assert_array_equal(decode_pixels(data), decode_pixels(PLAIN))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (PLAIN[:DQT] + b"\xfe" + PLAIN[DQT + 1 :], "FE DB where a marker"),
        (PLAIN[:-2] + b"\x01\x02" + PLAIN[-2:], "a scan goes on behind its last block"),
        (PROGRESSIVE.replace(b"\xff\xda", b"\xff\xdax", 3).replace(b"\xff\xdax", b"\xff\xda", 2), "damaged JPEG"),
    ],
    ids=["a damaged marker", "more data", "a scan's header"],
)
def test_stray_bytes_hide_no_damage(decoder, data, says):
    with pytest.raises(ValueError, match=says):
        decode_pixels(data)


def test_a_lost_table_between_scans_is_damage():
    second = PROGRESSIVE.index(b"\xff\xc4", parse(PROGRESSIVE).scans[0].data_offset)
    for data in (
        PROGRESSIVE[:second] + b"\xff\xfe\x00\x02junk" + PROGRESSIVE[second:],
        PROGRESSIVE[: second + 1] + b"\xc5" + PROGRESSIVE[second + 2 :],
    ):
        with pytest.raises(ValueError, match="damaged JPEG"):
            parse(data)


def test_restart_markers_keep_their_order(decoder):
    data = pillow_jpeg(smooth(64, 64), restart_marker_blocks=2)
    assert decode_pixels(data).shape == (64, 64, 3)
    swapped = data.replace(b"\xff\xd1", b"\xff\xd2", 1)
    with pytest.raises(ValueError, match="restart marker is missing or out of order"):
        decode_pixels(swapped)


def test_bits_that_no_scan_sent_can_not_be_refined():
    scan = parse(PROGRESSIVE).scans[-1]
    again = PROGRESSIVE[parse(PROGRESSIVE).segments[-2].offset : scan.data_offset + scan.data_size]
    with pytest.raises(ValueError, match="bits that don't follow those sent before"):
        jpeg.check_scans(PROGRESSIVE[:-2] + again + again + PROGRESSIVE[-2:])


# ---- text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, größer", "plain text, größer"),
        ("a\nb\rc\td", r"a\nb\rc\td"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("\udcff\x85\u2028", r"\udcff\x85\u2028"),
        (Path("a\nb"), r"a\nb"),
    ],
)
def test_text_is_shown_as_text(text, shown):
    assert printable(text) == shown


def test_long_text_loses_its_middle():
    shown = printable("a" * 5000 + "b" * 5000)
    assert shown.startswith("a" * 200)
    assert shown.endswith("b" * 100)
    assert len(shown) == MOST_CHARACTERS + 5


FORGED = "x.jpg: jpeg, 1 x 1\n  made for      nothing\x1b[2J"


def test_a_report_has_no_line_and_no_escape_of_the_file():
    chunk = costly.riff((b"\n\x1b[2", b""), (b"VP8L", webp_of_one_colour(64)[20:]))
    jpeg_file = PLAIN[:2] + costly.segment(0xFE, b"accelir " + FORGED.encode()) + PLAIN[2:]
    for data in (chunk, jpeg_file):
        report = inspect(data, name=FORGED)
        lines = list(report.lines())
        assert all(line.isprintable() for line in lines)
        assert report.title.isprintable()
        assert json.loads(json.dumps(report.as_dict()))["name"] == FORGED


def test_errors_show_paths_as_text(tmp_path):
    path = tmp_path / "a\nb\x1b.onnx"
    for make in (lambda: None, lambda: path.write_bytes(b"no model")):
        make()
        with pytest.raises(ValueError, match=r"a\\nb\\x1b.onnx") as caught:
            open_network(path)
        assert str(caught.value).isprintable()


# ---- networks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("inside", ["initializer", "constant"])
def test_a_model_whose_weights_lie_elsewhere_is_refused(inside, tmp_path, monkeypatch):
    model = costly.external_model(inside)
    entries = json.loads(find("dejpeg").with_suffix(".json").read_bytes()) | {"sha256": sha256(model)}
    (tmp_path / "net.onnx").write_bytes(model)
    (tmp_path / "net.json").write_text(json.dumps(entries))
    (tmp_path / costly.OUTSIDE).write_bytes(np.eye(3, dtype=np.float32).tobytes())
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"net.onnx: .*whose weights lie in another file"):
        accelir.restore(np.zeros((8, 8, 3), np.uint8), tmp_path / "net.onnx")
    with pytest.raises(ProfileError, match="whose weights lie in another file"):
        QpNet(model, 10).logits(np.zeros((32, 32, 3), np.uint8))


def test_the_networks_that_ship_are_one_file():
    for name in accelir.networks():
        refuse_external_data(find(name).read_bytes())


@pytest.mark.parametrize("data", [b"\x0b", b"\xff" * 12, b"\x0a\x7fabc", b"\x09abc"], ids=repr)
def test_what_is_no_protocol_buffer_is_refused(data):
    with pytest.raises(ValueError, match="no ONNX model"):
        refuse_external_data(data)


def test_deeply_nested_models_are_refused():
    def wrapped(field, inner):
        head, size = bytes([field << 3 | 2]), len(inner)
        length = bytes([size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14])
        return head + length + inner

    graph = b""
    for _ in range(60):
        graph = wrapped(1, wrapped(5, wrapped(6, graph)))  # a node's attribute is a graph
    with pytest.raises(ValueError, match="nested more than 100 deep"):
        refuse_external_data(wrapped(7, graph))


# ---- memory ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("[ONNXRuntimeError] : 6 : std::bad_alloc")])
def test_a_model_that_lacks_memory_is_no_damaged_model(monkeypatch, error):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr("onnxruntime.InferenceSession", fail)
    with pytest.raises(MemoryError):
        session.open_model(find("dejpeg").read_bytes())


def test_pillow_that_lacks_memory_is_no_damaged_file():
    for error in (MemoryError(), OSError("out of memory error when reading image file")):
        with pytest.raises(MemoryError), pillow_at_work("damaged"):
            raise error


LACKING = """
    import importlib, io, resource, sys
    import numpy as np
    from PIL import Image
    from accelir.formats.decode import decode_pixels

    if sys.argv[2] == "pillow":
        importlib.import_module("accelir.formats.jpeg.decode").turbo = lambda: None
    data = open(sys.argv[1], "rb").read()
    decode_pixels(data[:0] + open(sys.argv[3], "rb").read())
    pages = int(open("/proc/self/statm").read().split()[0])
    for mib in (4, 30, 60, 90):
        resource.setrlimit(resource.RLIMIT_AS, (pages * 4096 + (mib << 20), -1))
        try:
            decode_pixels(data)
            print("enough")
        except MemoryError:
            print("MemoryError")
"""


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"format": "WEBP"}], ids=str)
def test_a_picture_that_lacks_memory_is_no_damaged_file(decoder, options, tmp_path):
    name = {"format": "JPEG", **options}
    for path, side in (("large", 4000), ("small", 40)):
        Image.new("RGB", (side, side), (9, 80, 200)).save(tmp_path / path, **name)
    call = [sys.executable, "-c", textwrap.dedent(LACKING), tmp_path / "large", decoder, tmp_path / "small"]
    done = subprocess.run(call, capture_output=True, text=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    assert "MemoryError" in done.stdout
    assert set(done.stdout.split()) <= {"MemoryError", "enough"}
