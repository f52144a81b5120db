#!/usr/bin/env python3
"""Recomputes the include graph between our modules and holds it against the CMake files.

A module is a folder whose CMakeLists.txt calls sluice_module(NAME USES ...) or sluice_plugin(NAME USES ...). An include of another module must
  - name a module that stands in USES,
  - point down: modules are ordered by the add_subdirectory() lines, from the ground up,
  - not lead from src/service to src/engine or back: the two halves meet at Flink's REST API only.
Prints each offence as FILE:LINE and exits 1 if there is any.
"""
import re
import sys
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
CALL = re.compile(r"\b(sluice_module|sluice_plugin|add_executable|target_link_libraries|add_subdirectory)\s*\(([^)]*)\)")
SOURCES = {".h", ".cc", ".inc"}


class Module:
    def __init__(self, name, folder, order):
        self.name, self.folder, self.order = name, folder, order
        self.uses = set()


def calls(list_file):
    text = re.sub(r"#.*", "", list_file.read_text())
    return [(name, arguments.split()) for name, arguments in CALL.findall(text)]


def uses_of(arguments):
    """The words after USES, up to the next keyword."""
    used, taking = [], False
    for word in arguments[1:]:
        if word in ("USES", "LINKS"):
            taking = word == "USES"
        elif taking:
            used.append(word)
    return used


def read_modules(source):
    """All modules in order, {folder: Module}."""
    modules = {}

    def visit(folder):
        list_file = folder / "CMakeLists.txt"
        if not list_file.exists():
            return
        linked = []
        for name, arguments in calls(list_file):
            if name == "add_subdirectory":
                visit(folder / arguments[0])
            elif name in ("sluice_module", "sluice_plugin") or (name == "add_executable" and folder not in modules):
                module = modules.setdefault(folder, Module(arguments[0], folder, len(modules)))
                module.uses.update(uses_of(arguments))
            elif name == "target_link_libraries":
                linked += arguments
        if folder in modules:
            modules[folder].uses.update(linked)

    visit(source)
    return modules


def module_of(path, modules, source):
    for folder in path.parents:
        if folder in modules:
            return modules[folder]
        if folder == source:
            return None
    return None


def offence(path, target, modules, source):
    """Why `path` may not include `target`, or None."""
    own, other = module_of(path, modules, source), module_of(target, modules, source)
    halves = {path.relative_to(source).parts[0], target.relative_to(source).parts[0]}
    if halves == {"service", "engine"}:
        return "the service and the engine may not include each other"
    if own is None:
        return f"{path.parent.relative_to(source)} is in no module (its CMakeLists.txt has no sluice_module)"
    if other is None:
        return f"{target.parent.relative_to(source)} is in no module"
    if own is other:
        return None
    if other.order > own.order:
        return f"{own.name} stands below {other.name}: the include points up"
    if other.name not in own.uses:
        return f"{own.name} does not list {other.name} in USES"
    return None


def check(root):
    source = root / "src"
    modules = read_modules(source)
    by_name = {module.name: module for module in modules.values()}
    found, edges = [], set()
    for module in modules.values():
        for used in module.uses:
            if used in by_name and by_name[used].order > module.order:
                found.append(f"{module.folder.relative_to(root)}/CMakeLists.txt: USES {used}, which stands above {module.name}")
    for path in sorted(source.rglob("*")):
        if path.suffix not in SOURCES:
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            target = source / match.group(1)
            where = f"{path.relative_to(root)}:{number}"
            if not target.exists():
                if not (path.parent / match.group(1)).exists():
                    continue  # an external or generated header in quotes
                found.append(f'{where}: include "{match.group(1)}" by its path from src/')
                continue
            why = offence(path, target, modules, source)
            if why:
                found.append(f"{where}: includes {match.group(1)}: {why}")
            else:
                edges.add((module_of(path, modules, source).name, module_of(target, modules, source).name))
    return found, modules, {edge for edge in edges if edge[0] != edge[1]}


def main():
    root = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    found, modules, edges = check(root)
    for line in found:
        print(line)
    print(f"layers: {len(modules)} modules, {len(edges)} edges, {len(found)} offences")
    return 1 if found or not modules else 0


if __name__ == "__main__":
    sys.exit(main())
