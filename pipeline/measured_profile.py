"""The file of measured branch counts that rustc's ``-C profile-use`` names, looked at before anything is built.

rustc takes a file that is none for a warning and builds without it: the audit would then answer for other code than the
user believes. Counts that do not fit the code are LLVM's to notice: it warns and leaves them out, function by function.
"""

from pathlib import Path

from ringfence.pipeline.cargo_flags import codegen_option
from ringfence.pipeline.errors import BuildError

_MAGIC = b"\xfflprofi\x81"
"""Of an indexed profile, as the number is stored on little-endian machines (LLVM, ``InstrProf.h``)."""


def check_measured_profile(flags: tuple[str, ...]) -> None:
    """Raises `BuildError` where the flags name a profile that cannot be read or is none."""
    name = codegen_option(flags, "profile-use")
    if not name:
        return
    try:
        with Path(name).open("rb") as file:
            begin = file.read(len(_MAGIC))
    except OSError as error:
        message = f"the profile {name} that `-C profile-use` names cannot be read: {error.strerror}"
        raise BuildError(message) from error
    if begin not in (_MAGIC, _MAGIC[::-1]):
        message = (
            f"the file {name} that `-C profile-use` names is no merged profile: make it from the raw ones with "
            f"`llvm-profdata merge -o {name} *.profraw`, of the LLVM that rustc is built with"
        )
        raise BuildError(message)
