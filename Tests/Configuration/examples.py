"""Holds every example of the documentation, and a file of the caller's, against the JSON Schema of the configuration.

    examples.py SCHEMA FILE... : exits 0 when all are valid; 3 when this machine lacks jsonschema or yaml.
"""

import json
import re
import sys

try:
    import jsonschema
    import yaml
except ImportError:
    sys.exit(3)


class Loader(yaml.SafeLoader):
    """YAML 1.2, as editors read it: only true and false are booleans."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":timestamp"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))


def examples(path):
    text = open(path, encoding="utf-8").read()
    if not path.endswith(".md"):
        return [text]
    return re.findall(r"^```yaml\n(.*?)^```", text, flags=re.M | re.S)


def main():
    schema = json.load(open(sys.argv[1], encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    seen = mistakes = 0
    for path in sys.argv[2:]:
        for text in examples(path):
            value = yaml.load(text, Loader)
            # Other programs' files are in the documentation, too.
            if not isinstance(value, dict) or next(iter(value)) not in schema["properties"]:
                continue
            seen += 1
            for error in validator.iter_errors(value):
                mistakes += 1
                print(f"{path}: {'.'.join(map(str, error.absolute_path))}: {error.message[:200]}")
    print(f"{seen} examples, {mistakes} mistakes")
    sys.exit(0 if seen and not mistakes else 1)


main()
