"""Renders a Helm chart for each of the values on standard input, and validates what Kubernetes itself defines.

Input: {"chart": FOLDER, "version": "1.37", "values": [...]}, where `releaseName` among the values is not one of them. Output: for each, the file of each template, or its error; and what lint says.
"""

import json
import sys

import helm_python as helm
import yaml
from kubernetes_validate import SchemaNotFoundError, ValidationError, validate


def check(text, version):
    problems, unknown = [], []
    for document in yaml.safe_load_all(text):
        if not document:
            continue
        try:
            validate(document, version, strict=True)
        except SchemaNotFoundError:
            unknown.append(document["kind"])
        except ValidationError as error:
            problems.append(f"{document['kind']}: {error}")
    return problems, unknown


def render(chart, values, version):
    name = values.pop("releaseName", "ollama")
    try:
        files = chart.render(values=values, name=name, namespace="ollama")
    except helm.HelmError as error:
        return {"error": str(error)}
    checked = [check(text, version) for text in files.values()]
    return {
        "files": {name.rsplit("/", 1)[-1]: text for name, text in files.items()},
        "problems": [problem for problems, _ in checked for problem in problems],
        "unknown": [kind for _, kinds in checked for kind in kinds],
    }


task = json.load(sys.stdin)
with helm.Chart.load(task["chart"]) as chart:
    rendered = [render(chart, values, task["version"]) for values in task["values"]]
messages = helm.lint(task["chart"], strict=True)["messages"]
# The other messages are advice, such as that a chart could have an icon.
faults = [message["error"] for message in messages if message["severity"] > 1]
json.dump({"rendered": rendered, "faults": faults}, sys.stdout)
