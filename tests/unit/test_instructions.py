"""Machine instructions: their lengths against objdump, and what leaves a function."""

import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringfence.pipeline import aarch64, x86_64
from ringfence.pipeline.containers import discover
from ringfence.pipeline.instruction import Instruction, Kind, UndecodableError
from ringfence.pipeline.module_source import Origin
from ringfence.pipeline.object_file import read_object

C = """
#include <stdint.h>
#include <string.h>
#include <math.h>
typedef struct { double x[16]; float y[9]; uint16_t z[31]; } Row;
void sum(Row *a, const Row *b, int n) { for (int i = 0; i < n; i++) for (int k = 0; k < 16; k++) {
    a[i].x[k] += b[i].x[k] * 3.5; a[i].y[k % 9] /= b[i].y[k % 9]; a[i].z[k] ^= b[i].z[k] + 40000; } }
uint64_t mixed(uint64_t a, int64_t b, uint8_t c, int16_t d) {
    a = (a << 13) | (a >> 51); if (b < 0) a *= 0x9E3779B97F4A7C15ull; else a /= (uint64_t)(b | 1);
    return a + c * (uint64_t)d + (uint64_t)__builtin_popcountll(a) + (a & 0x80 ? 0x1122334455667788ull : 7); }
double wave(double v) { return sqrt(v) * floor(v) + fabs(v) + (v > 3 ? 1.0 : (double)(int)v); }
int pick(int k) { switch (k) { case 0: return 7; case 1: return k * 91; case 2: return k - 70000; case 3: return ~k;
    case 4: return k | 0x12345; case 5: return k % 10; default: return -1; } }
void zero(char *text, size_t n) { memset(text, 1, 64); for (size_t i = 0; i < n; i++) text[i] = (char)(text[i] * 5); }
_Bool swap(uint64_t *word, uint64_t old, uint64_t new) {
    return __atomic_compare_exchange_n(word, &old, new, 0, 5, 5) || __atomic_fetch_add(word, 3, 5); }
"""


@pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("gcc", "objdump")), reason="gcc and binutils are not installed"
)
@pytest.mark.parametrize(
    "flags",
    [
        ("-O0",),
        ("-O2", "-fno-pic"),
        ("-O3", "-mavx2", "-mfma", "-mbmi2", "-fPIC"),
        ("-O3", "-mavx512f", "-mavx512bw", "-mavx512vl", "-mprefer-vector-width=512"),
        ("-Os", "-fcf-protection=full"),
    ],
    ids=" ".join,
)
def test_x86_64_instructions_begin_where_objdump_says(tmp_path: Path, flags: tuple[str, ...]) -> None:
    (tmp_path / "code.c").write_text(C)
    subprocess.run(["gcc", "-c", *flags, "code.c", "-o", "code.o"], cwd=tmp_path, check=True)
    listing = subprocess.run(
        ["objdump", "-dw", "-j", ".text", "--no-show-raw-insn", "code.o"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    shown = [int(offset, 16) for offset in re.findall(r"^ *([0-9a-f]+):\t", listing, re.MULTILINE)]
    (source,) = discover(tmp_path / "code.o", Origin.OWN)
    elf = read_object(source)
    text = elf.code[elf.sections.index(".text")]
    assert len(shown) > 100
    assert [each.offset for each in x86_64.instructions(text, 0, len(text))] == shown


@pytest.mark.parametrize(
    ("code", "kind", "target"),
    [
        ("e8 0b 00 00 00", Kind.CALL, 16),
        ("66 66 48 e8 00 00 00 00", Kind.CALL, 8),
        ("e9 fb ff ff ff", Kind.JUMP, 0),
        ("eb 02", Kind.JUMP, 4),
        ("74 fe", Kind.JUMP, 0),
        ("0f 84 10 00 00 00", Kind.JUMP, 22),
        ("48 8d 3d 01 00 00 00", Kind.ADDRESS, 8),
        ("48 8d 7c 24 08", Kind.OTHER, -1),
        ("ff d0", Kind.CALL_INDIRECT, -1),
        ("41 ff 54 24 10", Kind.CALL_INDIRECT, -1),
        ("ff 15 00 00 00 00", Kind.CALL_INDIRECT, -1),
        ("ff 24 c5 00 00 00 00", Kind.JUMP_INDIRECT, -1),
        ("ff 33", Kind.OTHER, -1),
        ("0f 05", Kind.SYSTEM_CALL, -1),
        ("cd 80", Kind.SYSTEM_CALL, -1),
        ("c3", Kind.OTHER, -1),
    ],
)
def test_x86_64_calls_and_jumps_are_told_from_the_rest(code: str, kind: Kind, target: int) -> None:
    data = bytes.fromhex(code)
    assert list(x86_64.instructions(data, 0, len(data))) == [Instruction(0, len(data), kind, target)]


def test_the_mark_of_a_switch_is_seen() -> None:
    marked, plain = x86_64.instructions(bytes.fromhex("3e ff e0 ff e0"), 0, 5)
    assert (marked.kind, marked.is_notrack) == (Kind.JUMP_INDIRECT, True)
    assert (plain.kind, plain.is_notrack) == (Kind.JUMP_INDIRECT, False)


@pytest.mark.parametrize("code", ["06", "e8 00 00", "48", "0f 04", "c5", "66"])
def test_x86_64_bytes_that_are_no_instruction_are_said_to_be_none(code: str) -> None:
    data = bytes.fromhex(code)
    with pytest.raises(UndecodableError):
        list(x86_64.instructions(data, 0, len(data)))


@given(st.binary(max_size=64))
@example(b"\xc5\x00\x00@")
def test_any_bytes_are_x86_64_instructions_without_gaps_or_none(data: bytes) -> None:
    try:
        found = list(x86_64.instructions(data, 0, len(data)))
    except UndecodableError:
        return
    assert [each.offset for each in found[1:]] == [each.end for each in found[:-1]]
    assert not data or (found[0].offset, found[-1].end) == (0, len(data))


@pytest.mark.parametrize(
    ("word", "kind", "target"),
    [
        (0x94000003, Kind.CALL, 12),
        (0x97FFFFFF, Kind.CALL, -4),
        (0x14000002, Kind.JUMP, 8),
        (0x54000041, Kind.JUMP, 8),
        (0xB4000040, Kind.JUMP, 8),
        (0x36180040, Kind.JUMP, 8),
        (0x10000040, Kind.ADDRESS, 8),
        (0xD63F0100, Kind.CALL_INDIRECT, -1),
        (0xD61F0100, Kind.JUMP_INDIRECT, -1),
        (0xD65F03C0, Kind.OTHER, -1),
        (0xD4000001, Kind.SYSTEM_CALL, -1),
        (0xD503201F, Kind.OTHER, -1),
        (0xF9400108, Kind.OTHER, -1),
    ],
    ids=["bl", "bl back", "b", "b.ne", "cbz", "tbz", "adr", "blr", "br", "ret", "svc", "nop", "ldr"],
)
def test_aarch64_calls_and_jumps_are_told_from_the_rest(word: int, kind: Kind, target: int) -> None:
    (found,) = aarch64.instructions(struct.pack("<I", word), 0, 4)
    assert (found.kind, found.target) == (kind, target)


def test_aarch64_code_is_a_row_of_words() -> None:
    with pytest.raises(UndecodableError):
        list(aarch64.instructions(b"\x1f\x20\x03\xd5\x00", 0, 5))
