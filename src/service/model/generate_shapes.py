#!/usr/bin/env python3
"""Writes shapes_generated.cc from kinesisanalyticsv2.model.json; with --check only says whether it is current.

The output depends on the model file alone: shapes and operations in alphabetical order, references as indices.
"""
import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
TYPES = {
    "structure": "kStructure", "string": "kString", "list": "kList", "map": "kMap", "integer": "kInteger",
    "long": "kLong", "boolean": "kBoolean", "timestamp": "kTimestamp", "blob": "kBlob",
}


def quote(text):
    # JSON's escapes are C++'s for all that occurs in the model; '?' would need care for trigraphs before C++17 only.
    return json.dumps(text, ensure_ascii=True)


def member_table(name, shape, index):
    required = set(shape.get("required", []))
    rows = [f"    {{{quote(m)}, {index[ref['shape']]}, {'true' if m in required else 'false'}}},"
            for m, ref in sorted(shape["members"].items())]
    return [f"constexpr Member kMembers{name}[] = {{", *rows, "};"] if rows else []


def shape_row(name, shape, index):
    parts = [f".name = {quote(name)}", f".type = ShapeType::{TYPES[shape['type']]}"]
    if shape.get("members"):
        parts.append(f".members = kMembers{name}")
    if "enum" in shape:
        parts.append(f".enum_values = kEnum{name}")
    for bound in ("min", "max"):
        if bound in shape:
            parts.append(f".{bound} = {shape[bound]}")
    if "pattern" in shape:
        parts.append(f".pattern = {quote(shape['pattern'])}")
    if shape["type"] == "list":
        parts.append(f".element = {index[shape['member']['shape']]}")
    if shape["type"] == "map":
        parts.append(f".element = {index[shape['value']['shape']]}")
        parts.append(f".key = {index[shape['key']['shape']]}")
    if shape.get("exception"):
        parts.append(".exception = true")
    if shape.get("fault"):
        parts.append(".fault = true")
    return "    {" + ", ".join(parts) + "},"


def generate(model):
    shapes = dict(sorted(model["shapes"].items()))
    unknown = {s["type"] for s in shapes.values()} - set(TYPES)
    if unknown:
        sys.exit(f"shape types that the validator does not know: {sorted(unknown)}")
    index = {name: i for i, name in enumerate(shapes)}
    lines = ["// Written by generate_shapes.py from kinesisanalyticsv2.model.json; do not edit.", "// clang-format off",
             '#include "service/model/shapes.h"', "", "namespace sluice::service {", "namespace {", ""]
    for name, shape in shapes.items():
        if shape["type"] == "structure":
            lines += member_table(name, shape, index)
        if "enum" in shape:
            lines.append(f"constexpr std::string_view kEnum{name}[] = {{{', '.join(map(quote, shape['enum']))}}};")
    lines += ["", "constexpr Shape kShapes[] = {"]
    lines += [shape_row(name, shape, index) for name, shape in shapes.items()]
    lines += ["};", ""]
    operations = dict(sorted(model["operations"].items()))
    for name, operation in operations.items():
        errors = ", ".join(quote(e["shape"]) for e in operation["errors"])
        lines.append(f"constexpr std::string_view kErrors{name}[] = {{{errors}}};")
    lines += ["", "constexpr Operation kOperations[] = {"]
    for name, operation in operations.items():
        lines.append(f"    {{{quote(name)}, {index[operation['input']['shape']]}, "
                     f"{index[operation['output']['shape']]}, kErrors{name}}},")
    lines += ["};", "", "}  // namespace", "",
              "std::span<const Shape> AllShapes() { return kShapes; }",
              "std::span<const Operation> AllOperations() { return kOperations; }",
              f"std::string_view TargetPrefix() {{ return {quote(model['metadata']['targetPrefix'])}; }}", "",
              "}  // namespace sluice::service", ""]
    return "\n".join(lines)


def main():
    text = generate(json.loads((FOLDER / "kinesisanalyticsv2.model.json").read_text()))
    output = FOLDER / "shapes_generated.cc"
    if "--check" in sys.argv[1:]:
        if not output.exists() or output.read_text() != text:
            sys.exit("shapes_generated.cc is not current: run generate_shapes.py")
        return
    output.write_text(text)


if __name__ == "__main__":
    main()
