"""Generated from AWS's model: every constrained member of every operation below, above and off what it allows, one at a time.
The error names the member by its path and repeats the constraint in AWS's words."""
import copy
import json
import re

import pytest

from conftest import MODEL

SHAPES = MODEL["shapes"]
PATTERN_EXAMPLES = {"arn:.*": "arn:aws:kinesisanalytics:us-east-1:123456789012:application/none", "UTF-8": "UTF-8",
                    "([01][0-9]|2[0-3]):[0-5][0-9]": "12:30", "^(?=^\\$)(?=^\\S+$).*$": "$"}
OFF_PATTERN = {"arn:.*": "no-arn", "UTF-8": "UTF-9", "([01][0-9]|2[0-3]):[0-5][0-9]": "24:00", "^(?=^\\$)(?=^\\S+$).*$": "x y",
               "[^-\\s<>&]*": "a-b", "[^\\u0000-\\u001F\\u007F]*": "a\u0007", "[a-zA-Z0-9/!-_.*'()]+": "a{b"}


def example(name, deep):
    """A value that the model allows; with `deep` it has every optional member, too."""
    shape = SHAPES[name]
    kind = shape["type"]
    if kind == "structure":
        members = shape["members"] if deep else shape.get("required", [])
        return {m: example(shape["members"][m]["shape"], deep) for m in members}
    if kind == "list":
        return [example(shape["member"]["shape"], deep) for _ in range(max(1, shape.get("min", 0)))]
    if kind == "map":
        return {"k": example(shape["value"]["shape"], deep)}
    if kind == "boolean":
        return True
    if kind in ("integer", "long", "timestamp"):
        return max(1, shape.get("min", 1))
    if kind == "blob":
        return ""
    if "enum" in shape:
        return shape["enum"][0]
    return PATTERN_EXAMPLES.get(shape.get("pattern", ""), "a" * max(1, shape.get("min", 1)))


def lower(name):
    return name[0].lower() + name[1:]


def bad_values(shape):
    """(value, what AWS says about it)"""
    kind = shape["type"]
    if "enum" in shape:
        yield "NO_SUCH", f"Member must satisfy enum value set: [{', '.join(shape['enum'])}]"
    elif kind == "string":
        if shape.get("min", 0) > 0:
            yield "", f"Member must have length greater than or equal to {shape['min']}"
        if "max" in shape:
            yield "a" * (shape["max"] + 1), f"Member must have length less than or equal to {shape['max']}"
        if "pattern" in shape:
            off = OFF_PATTERN.get(shape["pattern"], "a b")
            off += "x" * (shape.get("min", 0) - len(off))
            yield off, f"Member must satisfy regular expression pattern: {shape['pattern']}"
    elif kind in ("integer", "long"):
        if "min" in shape:
            yield shape["min"] - 1, f"Member must have value greater than or equal to {shape['min']}"
        if "max" in shape:
            yield shape["max"] + 1, f"Member must have value less than or equal to {shape['max']}"


def walk(name, path, where):
    """(where the member is, its path in AWS's words, its shape) for everything under a shape."""
    shape = SHAPES[name]
    yield where, path, shape
    if shape["type"] == "structure":
        for member, reference in shape["members"].items():
            yield from walk(reference["shape"], (path + "." if path else "") + lower(member), where + [member])
    elif shape["type"] == "list":
        yield from walk(shape["member"]["shape"], f"{path}.1.member", where + [0])
    elif shape["type"] == "map":
        yield from walk(shape["value"]["shape"], f"{path}.k.member", where + ["k"])


def put(document, where, value):
    """A copy of the document with that value there; None takes the member out."""
    document = copy.deepcopy(document)
    at = document
    for step in where[:-1]:
        at = at[step]
    if value is None:
        del at[where[-1]]
    else:
        at[where[-1]] = value
    return document


def error_type(operation):
    declared = {e["shape"] for e in MODEL["operations"][operation]["errors"]}
    return "InvalidArgumentException" if "InvalidArgumentException" in declared else "InvalidRequestException"


def check(service, operation, document, path, shown, words):
    status, headers, body = service.post(operation, json.dumps(document).encode())
    assert (status, body["__type"], headers["x-amzn-ErrorType"]) == (400, error_type(operation), error_type(operation)), (path, body)
    expected = f"Value {shown} at '{path}' failed to satisfy constraint: {words}"
    assert re.match(r"\d+ validation errors? detected: Value ", body["message"]), body
    assert expected in body["message"], (expected, body["message"])


@pytest.mark.parametrize("operation", sorted(MODEL["operations"]))
def test_constraints(service, operation):
    name = MODEL["operations"][operation]["input"]["shape"]
    sound = example(name, deep=True)
    for where, path, shape in walk(name, "", []):
        if not where:
            continue
        for value, words in bad_values(shape):
            shown = str(value) if len(str(value)) <= 200 else str(value)[:200] + "..."
            check(service, operation, put(sound, where, value), path, f"'{shown}'", words)
        if shape["type"] == "list":
            element = example(shape["member"]["shape"], deep=False)
            for size, words in ((shape.get("min", 0) - 1, "greater than or equal to"), (shape.get("max", -2) + 1, "less than or equal to")):
                if size < 0:
                    continue
                limit = size + 1 if words.startswith("greater") else size - 1
                document = put(sound, where, [element] * size)
                status, _, body = service.post(operation, json.dumps(document).encode())
                assert status == 400 and body["__type"] == error_type(operation), (path, body)
                assert f"at '{path}' failed to satisfy constraint: Member must have length {words} {limit}" in body["message"]


@pytest.mark.parametrize("operation", sorted(MODEL["operations"]))
def test_required_members_at_every_depth(service, operation):
    name = MODEL["operations"][operation]["input"]["shape"]
    sound = example(name, deep=True)
    for where, path, shape in walk(name, "", []):
        for member in shape.get("required", []) if shape["type"] == "structure" else []:
            full = (path + "." if path else "") + lower(member)
            check(service, operation, put(sound, where + [member], None), full, "null", "Member must not be null")


@pytest.mark.parametrize("operation", sorted(MODEL["operations"]))
def test_wrong_types(service, operation):
    """A value of another JSON type never gets past the parser, and never breaks the service."""
    name = MODEL["operations"][operation]["input"]["shape"]
    sound = example(name, deep=True)
    for where, path, shape in walk(name, "", []):
        if not where:
            continue
        for other in ({"structure": [1], "list": {"a": 1}, "map": [1], "string": 5, "integer": "x", "long": 1.5, "boolean": "maybe",
                       "timestamp": "soon", "blob": 7}[shape["type"]],):
            status, _, body = service.post(operation, json.dumps(put(sound, where, other)).encode())
            assert (status, body["__type"]) == (400, "SerializationException"), (path, body)


def test_several_errors_at_once(service):
    _, _, body = service.post("CreateApplication", {"ApplicationName": "a b", "RuntimeEnvironment": "X"})
    assert body["message"].startswith("3 validation errors detected: ")
    assert body["message"].count("; ") == 2
    for words in ("Value 'a b' at 'applicationName'", "Value 'X' at 'runtimeEnvironment'", "Value null at 'serviceExecutionRole'"):
        assert words in body["message"]
