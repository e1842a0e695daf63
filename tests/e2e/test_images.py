"""The two container images as archives: what is in them, what is not, and that they start."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.progress import Progress
from images.build import build_images
from images.reproduction import build_twice
from unpacked_image import PYTHON, USER, Unpacked, blob_of, run, unpack

NAMES = ("operator", "processor")

LOADER = "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"

EXTENSIONS = "usr/lib/python3.11/lib-dynload"

# What finds a foothold useful; `perl` and the like are no less a shell.
# fmt: off
UNWANTED_PROGRAMS = frozenset([
    "sh", "bash", "dash", "ash", "busybox", "zsh", "csh", "perl", "awk", "gawk", "mawk", "sed",
    "env", "find", "xargs", "cat", "cp", "dd", "tar", "gzip", "apt", "apt-get", "dpkg",
    "dpkg-deb", "pip", "pip3", "uv", "easy_install", "debconf", "openssl", "c_rehash", "curl",
    "wget",
    "nc", "ssh", "su", "sudo", "mount", "nsenter", "unshare", "ldconfig", "gdb", "gcc", "cc",
    "ld",
])
# fmt: on

# PEP 552: bit 0 the hash in place of a time, bit 1 that it is checked at each import.
UNCHECKED_HASH = 1


@pytest.fixture(scope="module")
def built() -> Iterator[dict[str, Unpacked]]:
    # Not pytest's own folder, which a process of user 65532 may not enter.
    folder = Path(tempfile.mkdtemp(prefix="pdf-security-images-"))
    folder.chmod(0o755)
    try:
        unpacked = {}
        for image in build_images(Progress()):
            archive = Path(image.archive)
            facts = json.loads((archive.parent / f"{image.name}.json").read_text())
            unpacked[image.name] = unpack(image.name, archive, facts, folder / image.name)
        yield unpacked
    finally:
        shutil.rmtree(folder)


@pytest.fixture(params=NAMES)
def image(request: pytest.FixtureRequest, built: dict[str, Unpacked]) -> Unpacked:
    return built[request.param]


def _python(image: Unpacked, code: str) -> str:
    done = run(image, "-I", "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_shell_no_package_manager_no_tool(image: Unpacked) -> None:
    """Would break: a foothold in a worker finds a shell to go on with."""
    programs = {
        path
        for path, member in image.members.items()
        if path.split("/")[-1].lower() in UNWANTED_PROGRAMS and not member.isdir()
    }
    in_bin = {
        path
        for path, member in image.members.items()
        if path.split("/")[-2:-1] in (["bin"], ["sbin"]) and not member.isdir()
    }
    assert programs == set()
    assert in_bin == {PYTHON}


def test_only_python_and_its_loader_may_be_executed(image: Unpacked) -> None:
    """Would break: a program that hides under a name which no list knows."""
    executable = {
        path for path, member in image.members.items() if member.isfile() and member.mode & 0o111
    }
    assert executable == {PYTHON, LOADER}


def test_no_pip_and_nothing_that_installs(image: Unpacked) -> None:
    """Would break: code is fetched into a running container by a module, without a program."""
    modules = {path.split("/")[-1] for path in image.members}
    assert not modules & {"pip", "ensurepip", "setuptools", "distutils", "venv", "uv"}


def test_no_file_gives_rights_to_who_runs_it_or_writes_it(image: Unpacked) -> None:
    """Would break: a way from the image's user to root, or a place to leave something."""
    special = {p for p, m in image.members.items() if m.mode & 0o7000}
    writable = {p for p, m in image.members.items() if m.mode & 0o022 and not m.issym()}
    kinds = {p for p, m in image.members.items() if not (m.isfile() or m.isdir() or m.issym())}
    owners = {(m.uid, m.gid) for m in image.members.values()}
    assert (special, writable, kinds, owners) == (set(), set(), set(), {(0, 0)})


def test_every_link_leads_to_something(image: Unpacked) -> None:
    """Would break: a library that is found by name and not there; a path out of the layer."""
    dangling = {
        path
        for path, member in image.members.items()
        if member.issym()
        and not (
            image.root / member.linkname.lstrip("/")
            if member.linkname.startswith("/")
            else image.root / Path(path).parent / member.linkname
        ).exists()
    }
    assert dangling == set()


@pytest.mark.parametrize("name", NAMES)
def test_the_configuration_starts_our_module_as_no_one(
    built: dict[str, Unpacked], name: str
) -> None:
    """Would break: a container that runs as root, or imports from where it was told to."""
    configuration = built[name].configuration["config"]
    assert configuration["User"] == f"{USER}:{USER}"
    assert configuration["Entrypoint"] == [f"/{PYTHON}", "-I", "-m", f"pdf_security_{name}"]
    assert configuration["WorkingDir"] == "/"
    assert "PYTHONDONTWRITEBYTECODE=1" in configuration["Env"]
    assert set(configuration["Labels"]) >= {
        f"org.opencontainers.image.{label}" for label in ("title", "version", "licenses")
    }


def test_the_description_is_of_the_archive(image: Unpacked) -> None:
    """Would break: a manifest is deployed with a digest that no node has."""
    digest = image.facts["digest"]
    with tarfile.open(image.facts["archive"]) as tar:
        assert f"sha256:{hashlib.sha256(blob_of(tar, digest)).hexdigest()}" == digest
        index = tar.extractfile("index.json")
        assert index is not None
        (manifest,) = json.loads(index.read())["manifests"]
    assert manifest["digest"] == digest
    name, _, tag = image.facts["reference"].rpartition(":")
    assert name == f"localhost/pdf-security-{image.name}"
    assert tag == image.configuration["config"]["Labels"]["org.opencontainers.image.version"]
    assert len(image.manifest["layers"]) == 3


@pytest.mark.parametrize(
    ("name", "foreign"),
    [
        pytest.param(
            "operator",
            # The last four are the command line's, which is for people's own machines.
            ("pikepdf", "botocore", "lxml", "PIL", "cel", "jsonschema", "typer", "rich"),
            id="operator",
        ),
        pytest.param("processor", ("kopf", "uvloop", "boto3", "kubernetes"), id="processor"),
    ],
)
def test_an_image_holds_nothing_of_the_others_libraries(
    built: dict[str, Unpacked], name: str, foreign: tuple[str, ...]
) -> None:
    """Would break: the operator, which has rights in the cluster, could parse a document."""
    assert {library for library in foreign if built[name].entries_of(library)} == set()


def test_the_operator_holds_the_contract_alone_of_the_processor(
    built: dict[str, Unpacked],
) -> None:
    """Would break: as above, with our own code."""
    parts = {
        path.partition("/pdf_security_processor/")[2].split("/")[0]
        for path in built["operator"].entries_of("pdf_security_processor")
    }
    assert parts - {"", "__pycache__"} == {"__init__.py", "contract"}
    assert not built["processor"].entries_of("pdf_security_operator")
    assert not any("/pdf_security_operator/cli" in path for path in built["operator"].members)


IMPORTS = {
    "operator": "import kopf, pydantic, aiohttp, structlog;"
    "import pdf_security_operator, pdf_security_processor.contract",
    "processor": "import pikepdf, structlog, pydantic, pdf_security_processor.contract;"
    "import botocore.session; s = botocore.session.get_session();"
    "s.create_client('s3', region_name='us-east-1',"
    " aws_access_key_id='a', aws_secret_access_key='b');"
    "s.create_client('sts', region_name='us-east-1')",
}


@pytest.mark.parametrize("name", NAMES)
def test_everything_imports_in_the_image_as_its_user(built: dict[str, Unpacked], name: str) -> None:
    """Would break: a library, a service's description or a right that the image lacks."""
    assert _python(built[name], f"{IMPORTS[name]}; import os; print(os.getuid())") == str(USER)


@pytest.mark.parametrize("name", NAMES)
def test_every_module_of_ours_imports_in_the_image(built: dict[str, Unpacked], name: str) -> None:
    """Would break: a dependency that .venv has by accident and the image does not."""
    code = (
        "import importlib, pkgutil, sys\n"
        "root = importlib.import_module(sys.argv[1])\n"
        "found = [m.name for m in pkgutil.walk_packages(root.__path__, root.__name__ + '.')]\n"
        "for name in found:\n"
        "    if not name.endswith('__main__'):\n"
        "        importlib.import_module(name)\n"
        "print(len(found))"
    )
    done = run(built[name], "-I", "-c", code, f"pdf_security_{name}")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 1


def test_every_compiled_module_finds_its_libraries(image: Unpacked) -> None:
    """Would break: a module of the standard library fails in some rare path of the program."""
    names = sorted(path.name.split(".")[0] for path in (image.root / EXTENSIONS).glob("*.so"))
    broken = _python(
        image,
        "import importlib, traceback\n"
        f"for name in {names}:\n"
        "    try: importlib.import_module(name)\n"
        "    except ImportError as problem: print(name, problem)",
    )
    assert (broken, bool(names)) == ("", True)


def test_the_public_certificate_authorities_are_there(image: Unpacked) -> None:
    """Would break: no public S3 or HTTPS server is trusted, or, worse, someone turns it off."""
    code = "import ssl; print(ssl.create_default_context().cert_store_stats()['x509_ca'])"
    assert int(_python(image, code)) > 100


def test_names_of_the_hosts_file_are_resolved(image: Unpacked) -> None:
    """Would break: `hostAliases` of a pod, which the kubelet writes into that file."""
    hosts = image.root / "etc" / "hosts"
    hosts.write_text("192.0.2.7 only.in.hosts\n")  # As the kubelet mounts one.
    try:
        code = "import socket; print(socket.gethostbyname('only.in.hosts'))"
        assert _python(image, code) == "192.0.2.7"
    finally:
        hosts.unlink()


def test_python_takes_nothing_from_its_environment(image: Unpacked) -> None:
    """Would break: a writable place on sys.path, from which a document's code is imported."""
    paths = json.loads(_python(image, "import json, sys; print(json.dumps(sys.path))"))
    assert {"/app/lib", "/app/src", "/usr/lib/python3.11"} <= set(paths)
    assert [path for path in paths if not path.startswith(("/usr/lib/python3", "/app/"))] == []


def test_all_python_is_compiled_and_needs_no_check(image: Unpacked) -> None:
    """Would break: the root is read-only, so each start would compile anew, for seconds."""
    tag = "cpython-311"
    sources = {path for path in image.members if path.endswith(".py")}
    compiled = {
        path: Path(path).parent / "__pycache__" / f"{Path(path).stem}.{tag}.pyc" for path in sources
    }
    absent = {path for path, code in compiled.items() if str(code) not in image.members}
    assert absent == set()
    stray = {path for path in image.members if path.endswith(".pyc")} - set(
        map(str, compiled.values())
    )
    assert stray == set()
    for path, code in compiled.items():
        header = (image.root / code).read_bytes()[:16]
        assert int.from_bytes(header[4:8], "little") == UNCHECKED_HASH, path
        # Nothing reads the source, so no one would notice bytecode of another text.
        assert header[8:] == importlib.util.source_hash((image.root / path).read_bytes()), path


def test_no_file_tells_where_the_image_was_built(image: Unpacked) -> None:
    """Would break: the same sources give another digest in another folder; traces show its name."""
    here = [str(Path(__file__).resolve().parents[2]).encode(), str(Path.home()).encode()]
    if here[1] == b"/root":  # Also the user's name and home in Debian's own files.
        del here[1]
    telling = {
        path
        for path, member in image.members.items()
        if member.isfile() and any(word in (image.root / path).read_bytes() for word in here)
    }
    assert telling == set()


def test_scanners_find_the_distribution_and_its_packages(image: Unpacked) -> None:
    """Would break: a scanner that sees no packages reports no vulnerabilities."""
    release = (image.root / "etc" / "os-release").read_text()
    assert "ID=debian" in release
    assert 'VERSION_ID="12"' in release
    status = (image.root / "var/lib/dpkg/status").read_text()
    installed = {
        paragraph.split("\n")[0].removeprefix("Package: ")
        for paragraph in status.strip().split("\n\n")
        if "\nStatus: install ok installed\n" in paragraph and "\nVersion: " in paragraph
    }
    assert installed >= {"libc6", "libssl3", "python3.11-minimal", "ca-certificates"}
    assert not installed & {"dpkg", "apt", "bash", "dash", "openssl", "perl-base", "coreutils"}
    assert [path for path in image.members if path.endswith(".dist-info/RECORD")]


def test_what_is_built_again_is_cached_and_the_same(
    built: dict[str, Unpacked], tmp_path: Path
) -> None:
    """Would break: a digest changes though nothing did, and every cluster rolls its pods."""
    again = {image.name: image.digest for image in build_images(Progress(), tmp_path)}
    assert again == {name: image.facts["digest"] for name, image in built.items()}


@pytest.mark.skipif(
    "PDF_SECURITY_IMAGES_COLD" not in os.environ,
    reason="downloads all packages twice, a minute: set PDF_SECURITY_IMAGES_COLD=1",
)
def test_two_builds_with_empty_caches_are_the_same_bytes(tmp_path: Path) -> None:
    """Would break: no one else can verify that an image was made of these sources."""
    compared = build_twice(tmp_path)
    assert [image.image for image in compared if not image.same] == []
    assert len(compared) == len(NAMES)
