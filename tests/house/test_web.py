"""The front end's own rules, which Biome checks, find what is planted: circles, parts that know what is above them."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
SOURCE = FRONTEND / "src"
BIOME = FRONTEND / "node_modules" / ".bin" / "biome"

IMPORTED = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+)["']""")

Found = set[tuple[str, str]]


def lint(folder: Path, planted: dict[str, str]) -> Found:
    """Files and rules of what Biome finds in these files, with the front end's configuration."""
    shutil.copy(FRONTEND / "biome.json", folder)
    for name, text in planted.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    command: list[str | Path] = [
        BIOME,
        "lint",
        "--reporter=json",
        "--diagnostic-level=error",
        "--max-diagnostics=none",
        ".",
    ]
    told = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True)
    return {(one["location"]["path"], one["category"].split("/")[-1]) for one in json.loads(told.stdout)["diagnostics"]}


def imports(*paths: str) -> str:
    names = [f"a{n}" for n in range(len(paths))]
    lines = [f'import {{ {name} }} from "{path}";\n' for name, path in zip(names, paths, strict=True)]
    return "".join(lines) + f"export const all = [{', '.join(names)}];\n"


def test_a_circle_of_imports_is_found_be_it_of_types_alone(tmp_path: Path) -> None:
    planted = {
        "src/editor/one.ts": 'import type { Two } from "./two";\nexport interface One {\n  two: Two;\n}\n',
        "src/editor/two.ts": 'import type { One } from "./one";\nexport interface Two {\n  one: One;\n}\n',
        "src/editor/three.ts": 'import type { One } from "./one";\nexport type Three = One;\n',
    }
    circle = {(f"src/editor/{name}.ts", "noImportCycles") for name in ("one", "two")}
    assert lint(tmp_path, planted) == circle


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("src/features/new/Page.ts", "../old/Page"),
        ("src/features/new/Page.ts", "../../features/old/Page"),
        ("src/features/new/Page.ts", "../../routes/router"),
        ("src/features/new/room/inner.ts", "../../old/Page"),
        ("src/features/new/room/inner.ts", "../../../routes/router"),
        ("src/features/new/room/inner.ts", "react"),
        ("src/editor/tool.ts", "react"),
        ("src/editor/tool.ts", "../features/old/Page"),
        ("src/components/Button.ts", "../features/old/Page"),
        ("src/components/Button.ts", "../editor/tool"),
        ("src/texts/words.ts", "../components/Button"),
        ("src/api/client.ts", "../features/old/Page"),
    ],
)
def test_a_part_that_knows_what_is_above_or_beside_it_is_found(tmp_path: Path, importer: str, imported: str) -> None:
    """No feature is named in the rules: one that comes tomorrow has them too."""
    assert lint(tmp_path, {importer: imports(imported)}) == {(importer, "noRestrictedImports")}


def test_what_is_below_may_be_known(tmp_path: Path) -> None:
    planted = {
        "src/features/new/Page.ts": imports("../../api/client", "../../editor/tool", "./room/inner", "react"),
        "src/features/new/room/inner.ts": imports("../../../api/client", "../Words", "./other"),
    }
    assert lint(tmp_path, planted) == set()


def function(head: str, lines: int, tail: str = "}") -> str:
    return "\n".join([f"let count = 0;\n{head}", *["  count += 1;"] * lines, tail, "export const last = count;\n"])


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        ("export function work() {", "}"),
        ("export const work = () => {", "};"),
        ("export class Work {\n  work() {", "}\n}"),
        ("export const works = [1].map((one) => {\n  count += one;", "  return count;\n});"),
    ],
)
def test_a_long_function_is_found_whatever_it_is(tmp_path: Path, head: str, tail: str) -> None:
    name = "src/features/new/work.ts"
    assert lint(tmp_path, {name: function(head, 38, tail)}) == set()
    assert lint(tmp_path, {name: function(head, 41, tail)}) == {(name, "noExcessiveLinesPerFunction")}


@pytest.mark.parametrize("name", ["src/features/new/table.ts", "src/theme.css"])
def test_a_long_file_is_found(tmp_path: Path, name: str) -> None:
    line = "export {};\n" if name.endswith("ts") else "b { color: red; }\n"
    assert lint(tmp_path, {name: line * 299}) == set()
    assert lint(tmp_path, {name: line * 302}) == {(name, "noExcessiveLinesPerFile")}


def test_every_folder_has_rules() -> None:
    """Rules are written for these folders; a feature has rooms at most, and a room has none."""
    assert {path.name for path in SOURCE.iterdir() if path.is_dir()} == {
        "api", "components", "editor", "features", "routes", "texts",
    }  # fmt: skip
    assert list((SOURCE / "features").glob("*/*/*/")) == []


def test_the_product_needs_nothing_that_lies_outside_its_source() -> None:
    """Benchmarks, which lie beside it, may look in; nothing of theirs is sent to a browser."""
    for path in SOURCE.rglob("*.ts*"):
        for name in IMPORTED.findall(path.read_text()):
            assert (path.parent / name).resolve().is_relative_to(SOURCE), f"{path.name} imports {name}"


def test_no_type_is_forced_on_what_it_is_not() -> None:
    """Through ``unknown`` anything may be said to be anything: then a type says nothing."""
    assert [path.name for path in SOURCE.rglob("*.ts*") if "as unknown as" in path.read_text()] == []
