"""YAML as an experiment is written in it: plain, every key once, and of a size as it is written."""

from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

# Values in a file, those behind aliases counted as often as they are named.
MOST = 100_000

# Written in C where PyYAML was built with it: ten times as fast.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_yaml(text: str) -> Any:
    """The values of a text.

    PyYAML takes the last of two values of a key, and builds what aliases name, however much that
    is, or without an end.

    Raises:
        yaml.YAMLError: If it is no YAML, gives a key twice, or names itself or too much by aliases.
    """
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _size(node, {})
        return loader.construct_document(node)
    except RecursionError as error:
        raise yaml.YAMLError("it is nested too deeply") from error
    except ValueError as error:  # as 2020-13-45, which looks like a date
        raise yaml.YAMLError(f"a value cannot be read: {error}") from error
    finally:
        loader.dispose()


def _size(node: Node, sizes: dict[int, int | None]) -> int:
    """Number of values in a node, those below it included."""
    if isinstance(node, ScalarNode):
        return 1
    if id(node) in sizes:
        known = sizes[id(node)]
        if known is None:
            raise yaml.YAMLError(f"line {node.start_mark.line + 1} contains itself")
        return known
    sizes[id(node)] = None
    parts = node.value
    if isinstance(node, MappingNode):
        _check_keys(node)
        parts = [part for pair in node.value for part in pair]
    size = 1 + sum(_size(part, sizes) for part in parts)
    if size > MOST:
        raise yaml.YAMLError(f"line {node.start_mark.line + 1} holds more than {MOST} values")
    sizes[id(node)] = size
    return size


def _check_keys(node: MappingNode) -> None:
    seen = set()
    for key, _ in node.value:
        if not isinstance(key, ScalarNode):
            continue
        if key.value in seen:
            raise yaml.YAMLError(f"line {key.start_mark.line + 1}: {key.value} is given twice")
        seen.add(key.value)
