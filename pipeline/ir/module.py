# pyright: basic
# llvmlite ships no types; what leaves this module has them.
"""The only module that knows llvmlite: bitcode or text in, printed bytes out.

LLVM aborts the process on some invalid IR instead of raising, so these functions are called in worker processes
(`ringfence.pipeline.workers`), never in the parent.
"""

import llvmlite
import llvmlite.binding as llvm
from llvmlite.binding import ffi
from llvmlite.binding.context import create_context

from ringfence.pipeline.errors import UsageError


class InvalidModuleError(UsageError):
    """LLVM refused the module."""


def llvm_version() -> tuple[int, int, int]:
    """Version of the LLVM inside llvmlite."""
    major, minor, patch = llvm.llvm_version_info
    return (int(major), int(minor), int(patch))


def printer_version() -> str:
    """What the form of printed text depends on; part of the key of cached facts."""
    return f"llvmlite-{llvmlite.__version__}-llvm-{'.'.join(map(str, llvm_version()))}"


def print_module(data: bytes, *, text: bool = False) -> bytes:
    """Parse one module in a context of its own and print it. Raises `InvalidModuleError`, or aborts the process."""
    context = create_context()
    try:
        module = llvm.parse_assembly(data.decode(), context) if text else llvm.parse_bitcode(data, context)
    except (RuntimeError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise InvalidModuleError(f"LLVM cannot read the module: {reason}") from error
    with module, ffi.OutputString() as printed:
        ffi.lib.LLVMPY_PrintModuleToString(module, printed)
        # `str()` would decode hundreds of megabytes that the scan wants as bytes.
        return printed.bytes or b""
