"""The forms that other tools read: SARIF, GitHub's workflow commands, JSON Lines, JUnit."""

import json as standard_json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from report_samples import AUDITED, ROOT, finding, location, numbered, report, step

from ringfence.graphs.facts import PathClass
from ringfence.passes.allocation import HEAP_GROWTH
from ringfence.passes.locking import LOCK
from ringfence.passes.rule import Via
from ringfence.pipeline.report import github, jsonl, junit, sarif
from ringfence.pipeline.report.compose import RootResult
from ringfence.pipeline.report.model import Report
from ringfence.pipeline.source import SourceTree

SARIF_SCHEMA = Path(__file__).parents[3] / "shared" / "data" / "sarif-schema-2.1.0.json"
MISSED = RootResult("plant::sun", reason="the root `plant::sun` matches no function of this build")


def sample(sources: SourceTree | None = None) -> Report:
    findings = [
        finding(anchor=location(3, 5)),
        numbered(1, finding(HEAP_GROWTH, anchor=location(3, 5))),
        numbered(2, finding(LOCK, PathClass.COLD, anchor=location(4, 9))),
        numbered(3, finding(LOCK, anchor=location(5, 9))),
    ]
    return report(findings, (AUDITED, MISSED), sources=sources, allowed={"000000000003": "a test: 100 %"})


def sarif_run(written: Report) -> dict[str, list[dict[str, object]]]:
    run: dict[str, list[dict[str, object]]] = standard_json.loads(sarif.write(written))["runs"][0]
    return run


def test_sarif_fits_its_schema() -> None:
    if not SARIF_SCHEMA.is_file():
        pytest.skip("the schema of SARIF is not on this machine")
    schema = standard_json.loads(SARIF_SCHEMA.read_text(encoding="utf-8"))
    for written in (sample(), report(), report((), ())):
        jsonschema.validate(standard_json.loads(sarif.write(written)), schema)


def test_sarif_has_every_finding_with_its_rule_place_and_fingerprint() -> None:
    results = sarif_run(sample())["results"]
    assert [each["ruleId"] for each in results] == ["RF901", "RF101", "RF102", "RF201", "RF201"]
    assert results[1]["partialFingerprints"] == {"ringfenceFingerprint/v1": "7f3a9c0d11e2"}
    assert results[1]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "src/plant.rs", "uriBaseId": "SRCROOT"},
                "region": {"startLine": 3},
            }
        }
    ]
    assert [each["level"] for each in results] == ["error", "error", "error", "error", "note"]


def test_what_is_allowed_is_suppressed_in_sarif() -> None:
    suppressed = [each["suppressions"] for each in sarif_run(sample())["results"] if "suppressions" in each]
    assert suppressed == [[{"kind": "external", "justification": "a test: 100 %"}]]


def test_a_column_of_sarif_counts_characters(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "plant.rs").write_text("\n\nlet é = name();\n", encoding="utf-8")
    found = report([finding(anchor=location(3, 10))], sources=SourceTree(tmp_path))
    text = standard_json.dumps(sarif_run(found)["results"][0]["locations"])
    assert '"region": {"endColumn": 13, "startColumn": 9, "startLine": 3}' in text


def test_github_gets_one_annotation_for_each_call_and_no_allowed_finding() -> None:
    lines = github.write(sample()).splitlines()
    assert lines[0].startswith("::error title=RF901 root-not-found::")
    assert lines[1].startswith("::error file=src/plant.rs,line=3,col=5,title=RF101 heap-allocation::`to_string` allo")
    assert "(and 1 more finding here: RF101, RF102)%0Aborrow the value%0Aringfence explain 7f3a9c0d11e2" in lines[1]
    assert lines[2].startswith("::notice file=src/plant.rs,line=4,col=9,title=RF201 lock::")
    assert lines[3].startswith("ringfence failed: 2 errors, 1 note; verdict: significant")
    assert len(lines) == 4


def test_nothing_of_a_message_is_a_workflow_command() -> None:
    found = finding(anchor=location(3, 5, "src/a,b:c.rs"), message="100 %\n::error::no")
    line, _ = github.write(report([found])).splitlines()
    assert line.startswith("::error file=src/a%2Cb%3Ac.rs,line=3,col=5,title=")
    assert "::100 %25 ::error::no" in line


def test_github_is_told_how_many_lines_are_left_out() -> None:
    lines = github.write(report([numbered(each, finding(anchor=location(each, 5))) for each in range(1, 81)]))
    assert lines.count("::error file=") == 50
    assert "::error title=ringfence::30 more lines with findings of this level" in lines


def test_json_lines_hold_all_of_the_report() -> None:
    written = sample()
    first, *others = [standard_json.loads(line) for line in jsonl.write(written).splitlines()]
    assert (first["kind"], first["schema"], first["verdict"]) == ("report", "ringfence-report/2", "significant")
    assert not {"findings", "frames"} & set(first)
    tables = {"function", "frame", "path"}
    kinds = [each["kind"] for each in others if each["kind"] not in tables]
    lists = {"finding": written.findings, "cause": written.causes, "recommendation": written.recommendations}
    assert kinds == [kind for kind, records in lists.items() for _ in records]
    assert [each["fingerprint"] for each in others if each["kind"] == "finding"] == [
        each.fingerprint for each in written.findings
    ]


def test_junit_has_a_suite_for_each_root_and_a_case_for_each_rule() -> None:
    suites = {each.attrib["name"]: each for each in ElementTree.fromstring(junit.write(sample()))}  # noqa: S314
    audited, missed = suites["plant::Plant::on_packet"], suites["plant::sun"]
    assert (audited.attrib["failures"], int(audited.attrib["tests"])) == ("2", len(audited))
    failed = [case.attrib["name"] for case in audited if len(case)]
    assert failed == ["RF101 heap-allocation", "RF102 heap-growth"]
    assert [child.tag for child in missed.iter()] == ["testsuite", "testcase", "error"]


def test_junit_survives_names_that_look_like_markup() -> None:
    found = finding(anchor=location(3, 5), message='`<[u8] as A>::b` & "more"\x1b')
    document = ElementTree.fromstring(junit.write(report([found])))  # noqa: S314
    (failure,) = document.iter("failure")
    assert failure.attrib["message"] == '`<[u8] as A>::b` & "more"\ufffd'


def test_json_lines_tell_a_path_before_what_refers_to_it() -> None:
    path = (step(ROOT, location(3, 5), Via.ROOT, own=True), step("__rust_alloc"))
    rows = [standard_json.loads(line) for line in jsonl.write(report([finding(path=path)])).splitlines()]
    tables = {kind: [each for each in rows if each["kind"] == kind] for kind in ("function", "frame", "path")}
    found = next(each for each in rows if each["kind"] == "finding")
    frames = [tables["frame"][place] for place in tables["path"][found["path"]]["frames"]]
    names = [tables["function"][frame["function"]]["name"] for frame in frames]
    assert names == [ROOT, "__rust_alloc"]
    kinds = list(dict.fromkeys(each["kind"] for each in rows))
    assert kinds[:5] == ["report", "function", "frame", "path", "finding"]
