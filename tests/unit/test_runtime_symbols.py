"""Pointers that the dynamic linker was asked for by name are calls of functions of that name."""

import pytest
from unit.ir_modules import facts_of

_ASKS = """
@name = private constant [7 x i8] c"getcpu\\00"
@other = private constant [5 x i8] c"sync\\00"
@kept = internal global ptr inttoptr (i64 1 to ptr)
@shared = global ptr null
declare ptr @dlsym(ptr, ptr)
declare ptr @found_elsewhere()
define void @fills(ptr %any) {{
  {fills}
  ret void }}
define void @calls(i1 %known) {{
  br i1 %known, label %there, label %asks
there:
  %before = load atomic ptr, ptr @kept acquire, align 8
  br label %end
asks:
  %answer = call ptr @dlsym(ptr null, ptr @name)
  {stores}
  br label %end
end:
  %function = phi ptr [ %before, %there ], [ %answer, %asks ]
  {calls}
  ret void }}
"""
_STORES = "store atomic ptr %answer, ptr @kept release, align 8"
_CALLS = "call void %function()"


def callees(*, fills: str = "", stores: str = _STORES, calls: str = _CALLS) -> tuple[str, ...]:
    facts = facts_of(_ASKS.format(fills=fills, stores=stores, calls=calls))
    return next(site.callees for site in facts.function("calls").calls if not site.callee)


def test_a_cached_answer_is_the_function_of_that_name() -> None:
    assert callees() == ("getcpu",)


def test_an_answer_that_is_called_at_once_is_too() -> None:
    assert callees(calls="%at_once = call ptr @dlsym(ptr null, ptr @other)\n  call void %at_once()") == ("sync",)


def test_answers_for_two_names_are_two_functions() -> None:
    second = "%second = call ptr @dlsym(ptr null, ptr @other)\n  store ptr %second, ptr @kept, align 8"
    assert callees(fills=second) == ("getcpu", "sync")


@pytest.mark.parametrize(
    ("fills", "stores"),
    [
        ("store ptr %any, ptr @kept, align 8", _STORES),
        ("%x = call ptr @found_elsewhere()\n  store ptr %x, ptr @kept, align 8", _STORES),
        ("", ""),
    ],
    ids=["a parameter", "another answer", "nothing that is seen"],
)
def test_a_variable_that_holds_anything_else_tells_nothing(fills: str, stores: str) -> None:
    assert callees(fills=fills, stores=stores) == ()


def test_a_name_that_is_not_constant_tells_nothing() -> None:
    calls = "%at_once = call ptr @dlsym(ptr null, ptr %before)\n  call void %at_once()"
    assert callees(calls=calls) == ()
