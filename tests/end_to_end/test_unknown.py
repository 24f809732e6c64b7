"""A root below which something could not be followed: its verdict, the exit code, and how the project accepts it."""

import subprocess
from pathlib import Path

import pytest

from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Report
from support import Run

pytestmark = pytest.mark.end_to_end

UNKNOWN = {"unknown::counted", "unknown::interrupts", "unknown::read"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is read is read once."""
    return str(tmp_path_factory.mktemp("store"))


@pytest.fixture
def audit(ringfence: Run, checkout: Path, store: str, tmp_path: Path) -> "Audit":
    return Audit(ringfence, checkout, store, tmp_path)


class Audit:
    """Audits the testcrate without its pointer call, which is a violation, too."""

    def __init__(self, ringfence: Run, checkout: Path, store: str, folder: Path) -> None:
        self._ringfence, self._checkout, self._store, self._folder = ringfence, checkout, store, folder

    def __call__(self, *options: str, config: str = "") -> tuple[int, Report]:
        finished = self._run(*options, "--format", "json", config=config)
        return finished.returncode, read(finished.stdout.encode())

    def _run(self, *options: str, config: str) -> subprocess.CompletedProcess[str]:
        file = self._folder / "ringfence.toml"
        file.write_text(config, encoding="utf-8")
        return self._ringfence(
            *("audit", "--manifest-path", self._checkout / "testcrates" / "unknown" / "Cargo.toml", "--locked"),
            *("--target-dir", self._checkout / "build" / "testcrates", "--config", file, "-A", "RF402"),
            *options,
            environment={"RINGFENCE_CACHE": self._store},
        )


def _accepted(report: Report) -> str:
    """What the report offers, the functions described as doing nothing."""
    return "\n".join(each.accept for each in report.unknown).replace('"blocks"', '"none"')


def test_an_unknown_root_fails_and_its_siblings_are_clean(audit: Audit) -> None:
    code, report = audit()
    verdicts = {(root.function or "").partition("::<")[0]: root.verdict for root in report.roots}
    assert verdicts == {
        **dict.fromkeys({*UNKNOWN, "unknown::Meter::told"}, "unknown"),
        **dict.fromkeys(("unknown::bounded", "unknown::kept", "unknown::told_by_type"), "clean"),
    }
    assert (code, report.failing) == (100, ())
    assert audit("--exit-zero")[0] == 0


def test_what_the_report_offers_accepts_everything_and_nothing_is_in_vain(audit: Audit) -> None:
    _, before = audit()
    code, after = audit(config=_accepted(before))
    assert (code, after.unknown, after.unknown_roots) == (0, (), ())
    assert [each.rule for each in after.findings if each.rule in ("RF904", "RF906")] == []


def test_what_is_offered_as_it_stands_is_the_worst(audit: Audit) -> None:
    _, before = audit()
    code, after = audit(config="\n".join(each.accept for each in before.unknown))
    assert (code, after.unknown_roots) == (100, ())
    assert {each.rule for each in after.failing} == {"RF202"}


@pytest.mark.parametrize("rule", ["RF902", "RF903", "RF905"])
def test_allowing_a_rule_accepts_what_it_finds_and_no_more(audit: Audit, rule: str) -> None:
    _, before = audit()
    code, after = audit("-A", rule)
    assert {each.rule for each in after.unknown} == {each.rule for each in before.unknown} - {rule}
    assert code == 100


def test_warning_of_a_rule_accepts_nothing(audit: Audit) -> None:
    assert audit("-W", "RF903")[0] == 100


def test_an_entry_that_accepts_nothing_is_told(audit: Audit) -> None:
    config = '[[allow]]\nrule = "RF902"\nroot = "unknown::read"\nreason = "there is no such call"'
    code, report = audit(config=config)
    assert code == 100
    assert "RF904" in {each.rule for each in report.findings}
