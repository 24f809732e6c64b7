"""Cargo's rules, as far as the audit build follows them: configuration, flags, profiles, messages, files."""

import json
import os
from pathlib import Path

import pytest

from ringfence.pipeline.cargo_artifacts import (
    ArtifactMessage,
    BuildScriptMessage,
    find_modules,
    metadata_file,
    native_libraries,
    parse_message,
)
from ringfence.pipeline.cargo_cfg import cfg_holds
from ringfence.pipeline.cargo_config import RustFlags, load_config
from ringfence.pipeline.cargo_flags import audit_flags, codegen_option
from ringfence.pipeline.cargo_metadata import Metadata, Package, Selection, Target
from ringfence.pipeline.cargo_profile import Profile, differences, profile_arguments, read_profile
from ringfence.pipeline.errors import BuildError

TRIPLE = "x86_64-unknown-linux-gnu"
CFG = ('panic="unwind"', 'target_arch="x86_64"', 'target_os="linux"', "unix")


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


# Conditional compilation


@pytest.mark.parametrize(
    "expression",
    [
        "cfg(unix)",
        'cfg(target_os = "linux")',
        "cfg(not(windows))",
        'cfg(all(unix, target_arch = "x86_64"))',
        "cfg(any(windows, unix,))",
        "cfg( all( ) )",
        'cfg(not(any(windows, target_os="macos")))',
        "cfg(true)",
    ],
)
def test_a_condition_that_the_target_meets_holds(expression: str) -> None:
    assert cfg_holds(expression, CFG)


@pytest.mark.parametrize(
    "expression",
    [
        "cfg(windows)",
        'cfg(target_os = "macos")',
        "cfg(any())",
        'cfg(all(unix, target_arch = "arm"))',
        "cfg(false)",
        TRIPLE,
        "unix",
        "cfg(unix",
        "cfg(unix))",
        "cfg(not(unix)",
        "cfg(=)",
        "cfg()",
        "cfg(all(unix unix))",
    ],
)
def test_a_condition_that_fails_or_is_malformed_does_not_hold(expression: str) -> None:
    assert not cfg_holds(expression, CFG)


# Configuration


def test_deeper_configuration_comes_last_and_cargo_home_first(tmp_path: Path) -> None:
    write(tmp_path / "home/config.toml", 'build.rustflags = ["home"]')
    write(tmp_path / "a/.cargo/config.toml", 'build.rustflags = ["outer"]')
    write(tmp_path / "a/b/.cargo/config.toml", 'build.rustflags = ["inner"]')
    environment = {"CARGO_HOME": str(tmp_path / "home"), "CARGO_BUILD_RUSTFLAGS": "said twice"}
    flags = load_config(tmp_path / "a/b", environment).rustflags(TRIPLE, CFG)
    assert flags.flags == ("home", "outer", "inner", "said", "twice")


def test_flags_of_the_target_hide_those_of_the_build(tmp_path: Path) -> None:
    write(
        tmp_path / ".cargo/config.toml",
        f"""
        build.rustflags = ["hidden"]
        target.{TRIPLE}.rustflags = "-C target-cpu=native"
        target.'cfg(unix)'.rustflags = ["unix"]
        target.'cfg(windows)'.rustflags = ["windows"]
        """,
    )
    config = load_config(tmp_path, {"CARGO_HOME": str(tmp_path / "none")})
    assert config.rustflags(TRIPLE, CFG).flags == ("-C", "target-cpu=native", "unix")
    assert config.rustflags("thumbv6m-none-eabi", ()).flags == ("hidden",)


@pytest.mark.parametrize(
    ("environment", "flags"),
    [
        ({"RUSTFLAGS": "-C  target-cpu=native"}, ("-C", "target-cpu=native")),
        ({"RUSTFLAGS": ""}, ()),
        ({"RUSTFLAGS": "hidden", "CARGO_ENCODED_RUSTFLAGS": "--cfg\x1fa b"}, ("--cfg", "a b")),
        ({"RUSTFLAGS": "hidden", "CARGO_ENCODED_RUSTFLAGS": ""}, ()),
        ({}, ("file",)),
    ],
)
def test_the_environment_hides_flags_in_files(
    tmp_path: Path, environment: dict[str, str], flags: tuple[str, ...]
) -> None:
    write(tmp_path / ".cargo/config.toml", 'build.rustflags = ["file"]')
    config = load_config(tmp_path, {"CARGO_HOME": str(tmp_path / "none"), **environment})
    assert config.rustflags(TRIPLE, CFG).flags == flags


def test_an_included_file_is_read_before_the_file_that_includes_it(tmp_path: Path) -> None:
    write(
        tmp_path / ".cargo/config.toml",
        'include = ["more.toml", {path = "absent.toml", optional = true}]\nbuild.rustflags = ["last"]',
    )
    write(tmp_path / ".cargo/more.toml", 'build.rustflags = ["first"]')
    assert load_config(tmp_path, {}).rustflags(TRIPLE, CFG).flags == ("first", "last")


def test_a_file_that_includes_itself_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / ".cargo/config.toml", 'include = "config.toml"')
    with pytest.raises(BuildError) as caught:
        load_config(tmp_path, {})
    assert str(caught.value) == f"cargo's configuration file {path} includes itself: remove it from `include`"


@pytest.mark.parametrize(
    "text", ["build.target =", "build.rustflags = 3", 'profile.release.lto = ["thin"]', "a = '\xff'"]
)
def test_configuration_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / ".cargo/config.toml"
    path.parent.mkdir()
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(BuildError) as caught:
        load_config(tmp_path, {})
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_environment_replaces_the_configured_target(tmp_path: Path) -> None:
    write(tmp_path / ".cargo/config.toml", 'build.target = "a"')
    assert load_config(tmp_path, {}).target() == "a"
    assert load_config(tmp_path, {"CARGO_BUILD_TARGET": "b"}).target() == "b"


def test_several_configured_targets_ask_for_one(tmp_path: Path) -> None:
    write(tmp_path / ".cargo/config.toml", 'build.target = ["a", "b"]')
    with pytest.raises(BuildError) as caught:
        load_config(tmp_path, {}).target()
    assert str(caught.value) == "cargo's `build.target` names several targets (a, b): choose one with `--target`"


# Flags


def test_flags_of_the_user_stand_before_those_of_the_audit() -> None:
    flags = audit_flags(RustFlags(("-C", "target-cpu=native", "--cfg=fast")), emit_text=False)
    assert flags.encoded.split("\x1f") == [
        "-C",
        "target-cpu=native",
        "--cfg=fast",
        "--emit=llvm-bc",
        "-Csymbol-mangling-version=v0",
    ]
    assert flags.left_out == ()


@pytest.mark.parametrize(
    ("given", "spelled"),
    [
        (("-C", "lto=fat"), "-C lto=fat"),
        (("-Cdebuginfo=0",), "-C debuginfo=0"),
        (("-g",), "-C debuginfo=2"),
        (("--codegen=linker_plugin_lto",), "-C linker-plugin-lto"),
        (("--codegen", "symbol-mangling-version=legacy"), "-C symbol-mangling-version=legacy"),
    ],
)
def test_a_flag_that_the_audit_sets_itself_is_left_out_and_named(given: tuple[str, ...], spelled: str) -> None:
    flags = audit_flags(RustFlags(("--cfg", "a", *given, "--cfg", "b"), "RUSTFLAGS"), emit_text=True)
    assert flags.flags == ("--cfg", "a", "--cfg", "b", "--emit=llvm-ir", "-Csymbol-mangling-version=v0")
    assert len(flags.left_out) == 1
    assert flags.left_out[0].startswith(f"`{spelled}` from RUSTFLAGS is left out")


def test_the_last_of_two_options_counts() -> None:
    assert codegen_option(("-Copt-level=1", "-C", "opt-level=s", "-C"), "opt-level") == "s"
    assert codegen_option(("-O",), "opt-level") == "3"
    assert codegen_option(("--cfg", "opt-level=1"), "opt-level") is None


# Profiles


def profile_of(
    tmp_path: Path, name: str, manifest: str = "", flags: tuple[str, ...] = (), **environment: str
) -> Profile:
    write(tmp_path / "Cargo.toml", manifest)
    return read_profile(name, tmp_path, load_config(tmp_path, environment), flags, CFG)


def test_a_release_profile_that_nobody_changed_has_cargos_defaults(tmp_path: Path) -> None:
    profile = profile_of(tmp_path, "release")
    assert (profile.opt_level, profile.panic, profile.lto, profile.codegen_units) == ("3", "unwind", "false", None)
    assert len(differences(profile)) == 1
    assert "up to 16 codegen units" in differences(profile)[0]


def test_a_profile_that_ships_as_it_is_audited_has_no_differences(tmp_path: Path) -> None:
    assert differences(profile_of(tmp_path, "release", "profile.release.codegen-units = 1")) == ()


def test_link_time_optimisation_is_a_difference(tmp_path: Path) -> None:
    manifest = "[profile.release]\nlto = true\ncodegen-units = 1\npanic = 'abort'"
    profile = profile_of(tmp_path, "release", manifest)
    assert (profile.lto, profile.audited_lto, profile.panic) == ("fat", "false", "abort")
    assert len(differences(profile)) == 1
    assert 'lto = "fat"' in differences(profile)[0]


@pytest.mark.parametrize(
    ("written", "lto"),
    [("false", "false"), ("'off'", "off"), ("'no'", "off"), ("true", "fat"), ("'thin'", "thin"), ("'fat'", "fat")],
)
def test_lto_is_read_as_cargo_reads_it(tmp_path: Path, written: str, lto: str) -> None:
    assert profile_of(tmp_path, "release", f"profile.release.lto = {written}").lto == lto


def test_a_profile_inherits_and_the_environment_and_flags_win(tmp_path: Path) -> None:
    manifest = """
        [profile.release]
        lto = "thin"
        codegen-units = 4
        opt-level = 2
        [profile.release.package.zstd]
        debug = 0
        [profile.fast-ship]
        inherits = "release"
        panic = "abort"
        """
    profile = profile_of(tmp_path, "fast-ship", manifest, ("-Ccodegen-units=8",), CARGO_PROFILE_FAST_SHIP_LTO="off")
    assert (profile.lto, profile.codegen_units, profile.opt_level, profile.panic) == ("off", 8, "2", "abort")
    assert profile.package_overrides == ("zstd",)


def test_a_development_profile_ships_incremental_code(tmp_path: Path) -> None:
    profile = profile_of(tmp_path, "dev")
    assert (profile.opt_level, profile.incremental) == ("0", True)
    assert not profile_of(tmp_path, "dev", CARGO_INCREMENTAL="0").incremental
    assert any("incremental" in sentence for sentence in differences(profile))


def test_an_unknown_profile_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        profile_of(tmp_path, "relase")
    assert "`relase` is not defined" in str(caught.value)
    assert "did you mean `release`?" in str(caught.value)


def test_profiles_that_inherit_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        profile_of(tmp_path, "a", "profile.a.inherits = 'b'\nprofile.b.inherits = 'a'")
    assert "inherits itself" in str(caught.value)


def test_members_and_named_packages_get_types_and_others_get_lines(tmp_path: Path) -> None:
    manifest = """
        [profile.release.package]
        own.debug = 0
        serde.debug = 0
        "zstd@0.13.1".debug = 0
        """
    profile = profile_of(tmp_path, "release", manifest)
    members, named = frozenset({"own"}), frozenset({"arrow", "zstd"})
    arguments = profile_arguments(profile, members, named, layout_all=False, target=TRIPLE)
    debug = [argument for argument in arguments if ".debug=" in argument]
    assert debug == [
        "profile.release.debug=2",
        'profile.release.package."*".debug="line-tables-only"',
        'profile.release.package."arrow".debug=2',
        'profile.release.package."own".debug=2',
        'profile.release.package."serde".debug="line-tables-only"',
        'profile.release.package."zstd@0.13.1".debug=2',
    ]
    every = profile_arguments(profile, members, named, layout_all=True, target=TRIPLE)
    assert not any("line-tables-only" in argument for argument in every)


# Selection and metadata


def test_a_selection_is_written_in_cargos_words() -> None:
    selection = Selection(
        packages=("a", "b"),
        exclude=("c",),
        workspace=True,
        all_bins=True,
        benches=("speed",),
        features=("x,y",),
        no_default_features=True,
        profile="ship",
        manifest_path=Path("p/Cargo.toml"),
        locked=True,
        jobs=2,
    )
    assert selection.arguments() == (
        "--package=a",
        "--package=b",
        "--workspace",
        "--exclude=c",
        "--bins",
        "--bench=speed",
        "--profile=ship",
        "--jobs=2",
        "--manifest-path=p/Cargo.toml",
        "--features=x,y",
        "--no-default-features",
        "--locked",
    )


def package(name: str, version: str, kind: str = "lib", target: str = "") -> Package:
    return Package(
        id=f"{name}@{version}",
        name=name,
        version=version,
        manifest_path=Path("/src") / name / "Cargo.toml",
        targets=(Target(target or name, (kind,), Path("/src/lib.rs")),),
        features={},
    )


def test_the_package_of_a_crate_is_a_member_or_else_the_newest() -> None:
    packages = (
        package("laminar-core", "0.9.0"),
        package("laminar-core", "0.10.0"),
        package("laminar-core", "0.10.0-rc.1"),
        package("fork", "0.1.0", target="laminar_core"),
        package("script", "1.0.0", "custom-build", "laminar_core"),
    )
    found = Metadata(Path("/w"), Path("/w/target"), packages, ("fork@0.1.0",))
    assert [item.id for item in found.packages_of_crate("laminar_core")] == [
        "fork@0.1.0",
        "laminar-core@0.10.0",
        "laminar-core@0.10.0-rc.1",
        "laminar-core@0.9.0",
    ]
    assert found.package_of_crate("laminar_core") == packages[3]
    assert found.package_of_crate("laminar-core") is None


# Messages and files


def artifact(files: tuple[str, ...], kind: str = "lib") -> bytes:
    return json.dumps(
        {
            "reason": "compiler-artifact",
            "package_id": "path+file:///a#0.1.0",
            "manifest_path": "/a/Cargo.toml",
            "target": {"name": "my-app", "kind": [kind], "crate_types": [kind]},
            "profile": {"opt_level": "3", "debuginfo": 2, "test": False},
            "filenames": files,
            "fresh": True,
        }
    ).encode()


def test_messages_are_told_from_what_compilers_print() -> None:
    message = parse_message(artifact(("/t/x/release/deps/libmy_app-1.rmeta",)))
    assert isinstance(message, ArtifactMessage)
    assert message.crate_name == "my_app"
    assert parse_message(b'{"reason":"build-finished","success":true}\n') is None
    assert parse_message(b"hello from a macro\n") == "hello from a macro"
    assert parse_message(b'{"no": "reason"}\n') == '{"no": "reason"}'


@pytest.mark.parametrize(
    ("file", "kind", "counts"),
    [
        (f"/t/{TRIPLE}/release/deps/liba-1.rmeta", "lib", True),
        (f"/t/{TRIPLE}/release/deps/liba-1.rmeta", "bin", True),
        ("/t/release/deps/liba-1.rmeta", "lib", False),
        ("/t/release/deps/liba-1.rmeta", "proc-macro", False),
        (f"/t/{TRIPLE}/release/build/a-1/build-script-build", "custom-build", False),
    ],
)
def test_only_crates_of_the_target_are_part_of_the_program(file: str, kind: str, counts: bool) -> None:
    message = parse_message(artifact((file,), kind))
    assert isinstance(message, ArtifactMessage)
    assert metadata_file(message, Path("/t"), TRIPLE) == (Path(file) if counts else None)


def unit(folder: Path, *modules: str, late: bool = True) -> Path:
    """A metadata file, and modules that are newer or older than it."""
    metadata = write(folder / "liba-1.rmeta", "")
    os.utime(metadata, ns=(10**18, 10**18))
    for name in modules:
        moment = 10**18 + (1 if late else -1)
        os.utime(write(folder / name, ""), ns=(moment, moment))
    return metadata


def test_one_module_that_holds_the_crate_is_enough(tmp_path: Path) -> None:
    metadata = unit(tmp_path, "a-1.bc", "a-1.a.77-cgu.0.rcgu.bc")
    assert find_modules(metadata, ".bc") == (tmp_path / "a-1.bc",)


def test_every_codegen_unit_is_a_module_and_nothing_else_is(tmp_path: Path) -> None:
    wanted = ("a-1.a.77-cgu.0.rcgu.bc", "a-1.a.77-cgu.1.rcgu.bc")
    others = ("a-1.a.77-cgu.0.rcgu.no-opt.bc", "a-1.a.77-cgu.0.rcgu.ll", "a-12.a.77-cgu.2.rcgu.bc", "a-2.bc")
    metadata = unit(tmp_path, *wanted, *others)
    assert [path.name for path in find_modules(metadata, ".bc")] == list(wanted)


def test_modules_of_an_earlier_compilation_are_passed_over(tmp_path: Path) -> None:
    unit(tmp_path, "a-1.bc", "a-1.a.77-cgu.2.rcgu.bc", late=False)
    metadata = unit(tmp_path, "a-1.a.77-cgu.0.rcgu.bc", "a-1.a.77-cgu.1.rcgu.bc")
    assert len(find_modules(metadata, ".bc")) == 2
    assert find_modules(unit(tmp_path / "all", "a-1.bc", late=False), ".bc") == ()


def test_a_missing_codegen_unit_leaves_none(tmp_path: Path) -> None:
    metadata = unit(tmp_path, "a-1.a.77-cgu.0.rcgu.bc", "a-1.a.77-cgu.2.rcgu.bc")
    assert find_modules(metadata, ".bc") == ()
    assert find_modules(unit(tmp_path / "none"), ".bc") == ()


def test_native_libraries_are_found_on_the_paths_of_their_build_script(tmp_path: Path) -> None:
    out = f"{tmp_path}/{TRIPLE}/release/build/z-1/out"
    archive = write(Path(out) / "libz.a", "")
    wrapped = write(Path(out) / "libw.a", "")
    linked_by_source = write(Path(out) / "libv.a", "")
    script = BuildScriptMessage(
        "z", ("static=z", "static:+whole-archive=w", "dylib=ssl", "m", "static=gone"), (f"native={out}",), out
    )
    for_host = BuildScriptMessage("host", ("static=z",), (out,), f"{tmp_path}/release/build/h-1/out")
    found = native_libraries([script, for_host], tmp_path, TRIPLE)
    assert [(library.name, library.kind, library.archive) for library in found] == [
        ("gone", "static", None),
        ("m", "", None),
        ("ssl", "dylib", None),
        ("v", "", linked_by_source),
        ("w", "static", wrapped),
        ("z", "static", archive),
    ]
