"""Facts of a native object, in the records of an IR module, so that the graph follows its calls as any others.

Machine code says nothing of source, conditions or loops: a function has one place, hot (or cold) and not always
executed, and no locations. A call through a pointer is a `CallKind.POINTER` that no dispatch resolves; what cannot be
read is a `CallKind.ASSEMBLY`.
"""

from ringfence.graphs.facts import (
    Address,
    Attribute,
    CallKind,
    CallSite,
    FunctionFacts,
    Linkage,
    ModuleFacts,
    PathClass,
    Place,
    encode_function,
    encode_types,
)
from ringfence.pipeline.module_source import ModuleSource
from ringfence.pipeline.native import NativeFunction, native_functions

PRODUCER = "machine code"
_SYSTEM_CALL = "syscall"
"""The name of libc's function for any system call stands for the instruction."""
_LINKAGES = {"STB_LOCAL": Linkage.INTERNAL, "STB_WEAK": Linkage.WEAK}


def native_facts(source: ModuleSource) -> ModuleFacts:
    """Read an object. Raises `UnreadableModuleError` where it is cut short or damaged."""
    name, functions = native_functions(source)
    return ModuleFacts(
        name=name,
        producer=PRODUCER,
        functions={symbol: encode_function(_facts(each)) for symbol, each in functions.items()},
        aliases={},
        externals={},
        vtables=(),
        address_globals={},
        tables={},
        addresses_taken=(),
        variables={},
        files=(),
        subprograms=(),
        frames=b"",
        types=encode_types(()),
    )


def _facts(function: NativeFunction) -> FunctionFacts:
    called = sorted(function.calls | ({_SYSTEM_CALL} if function.enters_kernel else set()))
    calls = [CallSite(CallKind.DIRECT, symbol, 0, -1) for symbol in called]
    if function.calls_pointer:
        calls.append(CallSite(CallKind.POINTER, "", 0, -1))
    if function.unreadable:
        calls.append(CallSite(CallKind.ASSEMBLY, "", 0, -1))
    return FunctionFacts(
        symbol=function.symbol,
        linkage=_LINKAGES.get(function.binding, Linkage.EXTERNAL),
        attributes=Attribute.NONE,
        signature="",
        subprogram=-1,
        places=(Place(PathClass.COLD if function.is_cold else PathClass.HOT, 0, always=False),),
        calls=tuple(calls),
        copies=(),
        atomics=(),
        addresses=tuple(Address(symbol, 0, -1) for symbol in sorted(function.names - function.calls)),
    )
