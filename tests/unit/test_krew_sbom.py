"""Every file of a frozen folder has an owner, on each system."""

import json
from pathlib import Path
from typing import Any

import pytest

from krew.frozen import Environment, environment, normal, owners, stem
from krew.libraries import from_report, from_words
from krew.platforms import ReleaseError
from krew.sbom import bill, text_of

ENV = environment(
    {
        "python": "3.12.3",
        "modules": ["abc", "_ssl", "json", "tomllib"],
        "libraries": {"openssl": "3.0.13", "zlib": "1.3"},
        "packages": [
            {"name": "PyYAML", "files": ["yaml", "_yaml", "PyYAML-6.0.2.dist-info"]},
            {
                "name": "cffi",
                "files": ["cffi", "_cffi_backend.cpython-312-x86_64-linux-gnu.so", "cffi-2.0.dist-info"],
            },
            {"name": "typing_extensions", "files": ["typing_extensions.py"]},
            {"name": "unused", "files": ["unused"]},
            {"name": "pyinstaller", "files": ["PyInstaller"]},
        ],
        "inside": {"pyyaml": {"libyaml": "0.2.5"}},
    }
)

LINUX = [
    "LICENSE",
    "kubectl-vs_gateways",
    "_internal/abc.pyc",
    "_internal/json/decoder.pyc",
    "_internal/python3.12/lib-dynload/_ssl.cpython-312-x86_64-linux-gnu.so",
    "_internal/_sysconfigdata__linux_x86_64-linux-gnu.pyc",
    "_internal/base_library.zip",
    "_internal/libpython3.12.so.1.0",
    "_internal/libssl.so.3",
    "_internal/_cffi_backend.cpython-312-x86_64-linux-gnu.so",
    "_internal/yaml/_yaml.cpython-312-x86_64-linux-gnu.so",
    "_internal/yaml/reader.pyc",
    "_internal/PyYAML-6.0.2.dist-info/METADATA",
    "_internal/typing_extensions.pyc",
    "_internal/istiokit/errors.pyc",
    "_internal/kubectl_vs_gateways/main.pyc",
]


def test_linux() -> None:
    found = owners(LINUX, ENV)
    assert found == {
        "cffi": ["_internal/_cffi_backend.cpython-312-x86_64-linux-gnu.so"],
        "cpython": [
            "_internal/_sysconfigdata__linux_x86_64-linux-gnu.pyc",
            "_internal/abc.pyc",
            "_internal/base_library.zip",
            "_internal/json",
            "_internal/libpython3.12.so.1.0",
            "_internal/python3.12",
        ],
        "istio-migrate": [
            "LICENSE",
            "_internal/istiokit",
            "_internal/kubectl_vs_gateways",
            "kubectl-vs_gateways",
        ],
        "libssl.so.3": ["_internal/libssl.so.3"],
        "pyinstaller": ["kubectl-vs_gateways"],
        "pyyaml": ["_internal/PyYAML-6.0.2.dist-info", "_internal/yaml"],
        "typing-extensions": ["_internal/typing_extensions.pyc"],
    }


@pytest.mark.parametrize(
    ("file", "owner"),
    [
        ("_internal/python312.dll", "cpython"),
        ("_internal/_ssl.pyd", "cpython"),
        ("_internal/libcrypto-3.dll", "libcrypto-3.dll"),
        ("_internal/VCRUNTIME140.dll", "VCRUNTIME140.dll"),
        ("_internal/Python", "cpython"),
        ("_internal/Python.framework/Versions/3.12/Python", "cpython"),
        ("_internal/libssl.3.dylib", "libssl.3.dylib"),
    ],
)
def test_windows_and_macos(file: str, owner: str) -> None:
    assert owners([file], ENV) == {owner: ["/".join(file.split("/")[:2])]}


@pytest.mark.parametrize(
    "file", ["_internal/strange.pyc", "_internal/strange/module.pyc", "_internal/strange/lib.so.1"]
)
def test_file_of_nobody_is_refused(file: str) -> None:
    with pytest.raises(ReleaseError, match=f"nobody knows where {file}"):
        owners([*LINUX, file], ENV)


def test_seals_of_red_hats_libraries_go_with_them() -> None:
    """PyInstaller brings them along: without them the library stops the program where FIPS is on."""
    files = ["libcrypto.so.1.1", ".libcrypto.so.1.1.1k.hmac", "fipscheck/libcrypto.so.1.1.hmac"]
    found = owners([f"_internal/{file}" for file in files], ENV)
    assert found == {
        "libcrypto.so.1.1": [
            "_internal/.libcrypto.so.1.1.1k.hmac",
            "_internal/fipscheck",
            "_internal/libcrypto.so.1.1",
        ]
    }
    with pytest.raises(ReleaseError, match="nobody knows where"):
        owners(["_internal/.libssl.so.1.1.hmac"], ENV)


def test_names_are_compared_as_registries_do() -> None:
    assert normal("Ruamel.Yaml_clib") == "ruamel-yaml-clib"
    assert [stem(name) for name in ("a-b-1.0.dist-info", "x.cpython-312.so", "yaml")] == ["a-b", "x", "yaml"]


def test_library_is_named_by_the_package_of_its_system() -> None:
    debian = from_words("deb", "libssl3 3.0.19-1~deb12u2 amd64", {"ID": "debian", "VERSION_ID": "12"})
    redhat = from_words(
        "rpm", "openssl-libs 1:1.1.1k-14.el8 x86_64", {"ID": "almalinux", "VERSION_ID": "8.10"}
    )
    assert debian is not None
    assert redhat is not None
    assert debian.purl == "pkg:deb/debian/libssl3@3.0.19-1~deb12u2?arch=amd64&distro=debian-12"
    assert redhat.purl == "pkg:rpm/almalinux/openssl-libs@1%3A1.1.1k-14.el8?arch=x86_64&distro=almalinux-8.10"
    assert from_words("rpm", "", {"ID": "almalinux"}) is None


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("libcrypto-3.dll", "openssl"),
        ("libssl.3.dylib", "openssl"),
        ("libz.so.1", "zlib"),
        ("libffi.so.8", None),
    ],
)
def test_elsewhere_python_says_which_library_it_is(file: str, name: str | None) -> None:
    found = from_report(file, ENV.libraries)
    assert (found.name if found else None) == name


def test_bill_has_what_was_frozen_and_nothing_else(tmp_path: Path) -> None:
    for file in LINUX:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(file)
    made = json.loads(text_of(bill(of_environment(), ENV, tmp_path)))
    components = {it["name"]: it for it in made["components"]}
    assert set(components) == {"PyYAML", "cffi", "typing_extensions", "pyinstaller", "cpython", "libssl.so.3"}
    assert components["cpython"]["cpe"] == "cpe:2.3:a:python:python:3.12.3:*:*:*:*:*:*:*"
    assert [(it["name"], it["version"]) for it in components["PyYAML"]["components"]] == [
        ("libyaml", "0.2.5")
    ]
    assert components["libssl.so.3"]["hashes"][0]["alg"] == "SHA-256"
    depends = {it["ref"]: it.get("dependsOn", []) for it in made["dependencies"]}
    assert depends["cffi==1"] == ["PyYAML==1"]
    assert set(depends["istio-migrate"]) == {it["bom-ref"] for it in made["components"]}


def of_environment() -> dict[str, Any]:
    """What cyclonedx-py says of an environment with a package more than was frozen; cffi needs that one and PyYAML."""
    names = ("PyYAML", "cffi", "typing_extensions", "pyinstaller", "unused")
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "istio-migrate", "bom-ref": "root"}},
        "components": [
            {"type": "library", "name": name, "version": "1", "bom-ref": f"{name}==1"} for name in names
        ],
        "dependencies": [
            {"ref": f"{name}==1", **({"dependsOn": ["PyYAML==1", "unused==1"]} if name == "cffi" else {})}
            for name in names
        ],
    }


def test_empty_folder_is_refused(tmp_path: Path) -> None:
    nobody = Environment("3.12.3", frozenset(), {}, {})
    with pytest.raises(ReleaseError, match="is empty or not there; `make build` makes it"):
        bill(of_environment(), nobody, tmp_path / "missing")
