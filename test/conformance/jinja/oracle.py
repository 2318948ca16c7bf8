"""Renders Jinja templates as Hugging Face's transformers do: reads cases as JSON lines, writes an answer for each."""

import json
import sys
from datetime import datetime

import jinja2
import jinja2.ext
import jinja2.sandbox


class Generation(jinja2.ext.Extension):
    """The tag that marks what the assistant says."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def to_json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def strftime_now(format):
    return datetime(2026, 3, 7, 15, 4, 5).strftime(format)


environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
)
environment.filters["tojson"] = to_json
environment.globals["raise_exception"] = raise_exception
environment.globals["strftime_now"] = strftime_now

compiled = {}


def answer(case):
    text = case["template"]
    try:
        if text not in compiled:
            compiled[text] = environment.from_string(text)
        output = compiled[text].render(**case["variables"])
        output.encode("utf-8")
        return {"output": output}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:500]}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
