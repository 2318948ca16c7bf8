#!/usr/bin/env bash
# Software: @huggingface/jinja 0.5.11 (npm), jinja2 3.1.6 and minijinja 3.1.0 (PyPI).
#
# Behaviour: the npm engine compares lists and mappings by identity. [] == [] is false, [1] != [1] is true, and
# {"a": 1} in [{"a": 1}] is false, without an error. Two messages with the same content are different, while a message
# is equal to itself. Strings and numbers are compared by value. jinja2 and minijinja compare everything by value.
#
# Expected instead: comparison by value, as in Python.
#
# Why it matters: "{% if message.tool_calls == [] %}" and "{% if message != messages[0] %}" are valid in a chat
# template. The first is never true in the npm engine, so a request with an empty list takes the branch for tool
# calls. The second differs between the engines only when a conversation repeats a message, which no simple test
# does. Both render a wrong prompt instead of an error. A test of the length, "message.tool_calls|length == 0",
# works everywhere.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . @huggingface/jinja@0.5.11 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check jinja2==3.1.6 minijinja==3.1.0

cat >cases.json <<'JSON'
{
  "context": { "messages": [{ "role": "user", "content": "hi", "tool_calls": [] }, { "role": "user", "content": "hi", "tool_calls": [] }] },
  "templates": [
    "{% if [] == [] %}equal{% else %}different{% endif %}",
    "{% if [1] != [1] %}different{% else %}equal{% endif %}",
    "{% if {'a': 1} == {'a': 1} %}equal{% else %}different{% endif %}",
    "{% if {'a': 1} in [{'a': 1}] %}found{% else %}missing{% endif %}",
    "{% if messages[0].tool_calls == [] %}empty{% else %}calls{% endif %}",
    "{% if messages[0].tool_calls|length == 0 %}empty{% else %}calls{% endif %}",
    "{% for message in messages %}{% if message == messages[0] %}first {% else %}other {% endif %}{% endfor %}",
    "{% if messages[0].content == messages[1].content %}equal{% else %}different{% endif %}"
  ]
}
JSON
cat >observe.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { Template } from '@huggingface/jinja';

const { context, templates } = JSON.parse(readFileSync('cases.json', 'utf8'));
for (const text of templates) {
  let seen;
  try {
    seen = new Template(text).render(context);
  } catch {
    seen = 'throws';
  }
  console.log('npm      ', text, '->', `[${seen}]`);
}
JS
cat >observe.py <<'PY'
import json
import jinja2.sandbox, minijinja

cases = json.load(open('cases.json'))
original = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
engines = {
    'jinja2   ': lambda text: original.from_string(text).render(cases['context']),
    'minijinja': lambda text: minijinja.Environment().render_str(text, **cases['context']),
}
for name, render in engines.items():
    for text in cases['templates']:
        try:
            seen = render(text)
        except Exception:
            seen = 'throws'
        print(name, text, '->', f'[{seen}]')
PY
{ node observe.mjs; venv/bin/python observe.py; } | tee seen.txt

diff -u - seen.txt <<'EXPECTED'
npm       {% if [] == [] %}equal{% else %}different{% endif %} -> [different]
npm       {% if [1] != [1] %}different{% else %}equal{% endif %} -> [different]
npm       {% if {'a': 1} == {'a': 1} %}equal{% else %}different{% endif %} -> [different]
npm       {% if {'a': 1} in [{'a': 1}] %}found{% else %}missing{% endif %} -> [missing]
npm       {% if messages[0].tool_calls == [] %}empty{% else %}calls{% endif %} -> [calls]
npm       {% if messages[0].tool_calls|length == 0 %}empty{% else %}calls{% endif %} -> [empty]
npm       {% for message in messages %}{% if message == messages[0] %}first {% else %}other {% endif %}{% endfor %} -> [first other ]
npm       {% if messages[0].content == messages[1].content %}equal{% else %}different{% endif %} -> [equal]
jinja2    {% if [] == [] %}equal{% else %}different{% endif %} -> [equal]
jinja2    {% if [1] != [1] %}different{% else %}equal{% endif %} -> [equal]
jinja2    {% if {'a': 1} == {'a': 1} %}equal{% else %}different{% endif %} -> [equal]
jinja2    {% if {'a': 1} in [{'a': 1}] %}found{% else %}missing{% endif %} -> [found]
jinja2    {% if messages[0].tool_calls == [] %}empty{% else %}calls{% endif %} -> [empty]
jinja2    {% if messages[0].tool_calls|length == 0 %}empty{% else %}calls{% endif %} -> [empty]
jinja2    {% for message in messages %}{% if message == messages[0] %}first {% else %}other {% endif %}{% endfor %} -> [first first ]
jinja2    {% if messages[0].content == messages[1].content %}equal{% else %}different{% endif %} -> [equal]
minijinja {% if [] == [] %}equal{% else %}different{% endif %} -> [equal]
minijinja {% if [1] != [1] %}different{% else %}equal{% endif %} -> [equal]
minijinja {% if {'a': 1} == {'a': 1} %}equal{% else %}different{% endif %} -> [equal]
minijinja {% if {'a': 1} in [{'a': 1}] %}found{% else %}missing{% endif %} -> [found]
minijinja {% if messages[0].tool_calls == [] %}empty{% else %}calls{% endif %} -> [empty]
minijinja {% if messages[0].tool_calls|length == 0 %}empty{% else %}calls{% endif %} -> [empty]
minijinja {% for message in messages %}{% if message == messages[0] %}first {% else %}other {% endif %}{% endfor %} -> [first first ]
minijinja {% if messages[0].content == messages[1].content %}equal{% else %}different{% endif %} -> [equal]
EXPECTED
echo 'as recorded'
