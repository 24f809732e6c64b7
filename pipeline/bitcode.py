"""The symbols of a module without parsing it.

1. *Bitcode*: LLVM writes a symbol table for linkers beside each module: the top-level SYMTAB block holds one blob laid
   out by llvm/Object/IRSymtab.h (``irsymtab::storage``), the names are in the STRTAB block. Local functions are in it.
   The table may be missing (``llvm-bcanalyzer`` shows no SYMTAB block; some producers leave it out) or have a version
   that is not known here: then the answer is None, and the module's symbols are known only after it was parsed.
2. *Text*: the lines that begin with ``define`` and ``declare``, and the aliases of functions.
3. *Native*: the ELF symbol table (`ringfence.pipeline.elf_symbols`).

Not handled: symbols that module assembly defines. They have no IR, so there is nothing to follow in them.
"""

import re
import struct
from collections.abc import Iterable

from ringfence.graphs.symbols import ModuleSymbols
from ringfence.pipeline.bitstream import BlockId, blocks, read_blob, unwrap
from ringfence.pipeline.elf_symbols import native_symbols
from ringfence.pipeline.ir.syntax import SYMBOL, symbol_name
from ringfence.pipeline.module_source import ModuleKind, ModuleSource, Span

_VERSIONS = (3, 4)
"""``Header::kCurrentVersion`` of LLVM 13 and later; 4 only widened the size of common symbols."""
_VERSION = struct.Struct("<I")
_SYMBOL_RANGE = struct.Struct("<II")
_SYMBOL_RANGE_OFFSET = 28
"""``Header::Symbols``, behind Version, Producer, Modules and Comdats."""
_STORED_SYMBOL = struct.Struct("<6I")
"""``storage::Symbol``: offset and size of Name, of IRName, ComdatIndex, Flags."""

# storage::Symbol::FlagBits
_VISIBILITY = 0b11
"""``FB_visibility``, two bits: 0 is the default, 1 hidden, 2 protected."""
_HIDDEN = 1
_UNDEFINED = 1 << 3
_WEAK = 1 << 4
_GLOBAL = 1 << 10
_EXECUTABLE = 1 << 13

_INTRINSIC = "llvm."

_TEXT_SIGN = re.compile(
    rb"^(?:define |declare |source_filename = |target (?:triple|datalayout) = |; ModuleID = |module asm |@.* = )",
    re.MULTILINE,
)
_TEXT_FUNCTION = re.compile(rb'^(define|declare) ((?:[^@"\n]|"[^"\n]*")*)@(' + SYMBOL + rb")\(", re.MULTILINE)
_TEXT_ALIAS = re.compile(
    rb"^@(" + SYMBOL + rb") = ((?:[\w()]+ )*?)(?:alias|ifunc) .*\), ptr (?:addrspace\(\d+\) )?@", re.MULTILINE
)
"""A function's type ends with its parameters, right before the aliasee; an expression over data does not."""

_TEXT_VARIABLE = re.compile(rb"^@(" + SYMBOL + rb") = (?:external|extern_weak) ", re.MULTILINE)
_TEXT_UNDEFINED = (b"available_externally", b"extern_weak")
_TEXT_LOCAL = (b"internal", b"private")
_TEXT_WEAK = (b"weak", b"weak_odr", b"linkonce", b"linkonce_odr")


def read_symbols(source: ModuleSource) -> ModuleSymbols | None:
    """The function symbols of a module; None for bitcode without a symbol table.

    Reads only the tables of bitcode, not the module. Raises `UnreadableModuleError` for what is empty, cut short,
    damaged or no module at all.
    """
    if source.kind is ModuleKind.NATIVE:
        return native_symbols(source)
    with source.open() as span:
        return _bitcode_symbols(unwrap(span)) if source.kind is ModuleKind.BITCODE else _text_symbols(span)


def _bitcode_symbols(stream: Span) -> ModuleSymbols | None:
    symbol_table = names = None
    has_module = False
    for block in blocks(stream):
        if block.id == BlockId.MODULE:
            has_module = True
        elif block.id == BlockId.SYMTAB:
            symbol_table = read_blob(stream, block)
        elif block.id == BlockId.STRTAB:
            names = read_blob(stream, block)
    if not has_module:
        raise stream.unreadable("it holds no module")
    if symbol_table is None or names is None:
        return None
    return _stored_symbols(stream, symbol_table, names)


def _stored_symbols(stream: Span, table: bytes, names: bytes) -> ModuleSymbols | None:
    if len(table) < _SYMBOL_RANGE_OFFSET + _SYMBOL_RANGE.size or _VERSION.unpack_from(table)[0] not in _VERSIONS:
        return None
    offset, count = _SYMBOL_RANGE.unpack_from(table, _SYMBOL_RANGE_OFFSET)
    end = offset + count * _STORED_SYMBOL.size
    if end > len(table):
        raise stream.unreadable(f"its symbol table is damaged, {count} symbols do not fit {len(table)} bytes")
    defined: list[str] = []
    weak: list[str] = []
    local: list[str] = []
    undefined: list[str] = []
    variables: list[str] = []
    hidden: list[str] = []
    for _, _, start, size, _, flags in _STORED_SYMBOL.iter_unpack(memoryview(table)[offset:end]):
        if not size or not flags & (_EXECUTABLE | _UNDEFINED):
            continue
        if start + size > len(names):
            raise stream.unreadable(f"its symbol table is damaged, a name lies beyond {len(names)} bytes of names")
        # The IR's name, not the linker's: that has a `.L` in front of private symbols. LLVM's own `\01` means "as is".
        name = names[start : start + size].decode(errors="replace").removeprefix("\x01")
        if flags & _UNDEFINED:
            (undefined if flags & _EXECUTABLE else variables).append(name)
        elif not flags & _GLOBAL:
            local.append(name)
        elif flags & _WEAK:
            weak.append(name)
        else:
            defined.append(name)
        if flags & _VISIBILITY == _HIDDEN and flags & _GLOBAL and not flags & _UNDEFINED:
            hidden.append(name)
    return _symbols(defined, weak, local, undefined, variables, hidden)


def _text_symbols(span: Span) -> ModuleSymbols:
    if span.size == 0:
        raise span.unreadable("it is empty")
    text = span.read(0, span.size)
    if b"\0" in text or _TEXT_SIGN.search(text) is None:
        raise span.unreadable("it is not LLVM IR in text form")
    defined: list[str] = []
    weak: list[str] = []
    local: list[str] = []
    undefined: list[str] = []
    hidden: list[str] = []
    for keyword, front, symbol in _TEXT_FUNCTION.findall(text):
        linkage = front.split(b" ", 1)[0]
        if keyword == b"declare" or linkage in _TEXT_UNDEFINED:
            undefined.append(symbol_name(symbol))
        else:
            _with_linkage(linkage, defined, weak, local).append(symbol_name(symbol))
            hidden += [symbol_name(symbol)] if _is_hidden(front) else []
    for symbol, front in _TEXT_ALIAS.findall(text):
        _with_linkage(front.split(b" ", 1)[0], defined, weak, local).append(symbol_name(symbol))
        hidden += [symbol_name(symbol)] if _is_hidden(front) else []
    variables = map(symbol_name, _TEXT_VARIABLE.findall(text))
    return _symbols(defined, weak, local, undefined, variables, hidden)


def _is_hidden(front: bytes) -> bool:
    """``front`` stands before a definition's name, where LangRef puts the visibility."""
    words = front.split()
    return b"hidden" in words and not any(word in words for word in _TEXT_LOCAL)


def _with_linkage(linkage: bytes, defined: list[str], weak: list[str], local: list[str]) -> list[str]:
    if linkage in _TEXT_LOCAL:
        return local
    return weak if linkage in _TEXT_WEAK else defined


def _symbols(
    defined: Iterable[str],
    weak: Iterable[str],
    local: Iterable[str],
    undefined: Iterable[str],
    variables: Iterable[str],
    hidden: Iterable[str],
) -> ModuleSymbols:
    return ModuleSymbols(*(_sorted(names) for names in (defined, weak, local, undefined, variables, hidden)))


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({name for name in names if not name.startswith(_INTRINSIC)}))
