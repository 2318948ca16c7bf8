#!/usr/bin/env bash
# Software: @huggingface/jinja 0.5.11 (npm), jinja2 3.1.6 and minijinja 3.1.0 (PyPI).
#
# Behaviour: the npm engine is lenient where jinja2 is strict with missing values, and strict where jinja2 is lenient.
# A field of a missing value is an error in jinja2 and empty in the npm engine. Joining a missing value to a text with
# "~", its length and a loop over it are errors in the npm engine; in jinja2 they are empty, 0 and no turns. None joined
# with "~" is the text "None" in jinja2 and an error in the npm engine. "in" works in all. minijinja follows jinja2.
#
# Expected instead: errors in the same places, so that a template that renders in one engine renders in the other.
#
# Why it matters: template authors test with jinja2. A template that writes "message.content ~ eos" renders for them
# when content is missing or null, as it is in an assistant message with tool calls, and fails in the npm engine. In
# the other direction a misspelt "message.fuction.name" gives an empty name instead of an error.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . @huggingface/jinja@0.5.11 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check jinja2==3.1.6 minijinja==3.1.0

cat >cases.json <<'JSON'
{
  "context": { "message": { "role": "assistant", "content": null } },
  "templates": [
    "{{ message.fuction.name }}",
    "{{ missing.name }}",
    "{{ 'a' ~ missing ~ 'b' }}",
    "{{ 'a' ~ message.reasoning }}",
    "{{ message.content ~ 'b' }}",
    "{{ missing|length }}",
    "{% for part in missing %}part{% endfor %}.",
    "{% if 'x' in missing %}yes{% else %}no{% endif %}",
    "{% if missing.name is defined %}yes{% else %}no{% endif %}",
    "{{ missing }}."
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
npm       {{ message.fuction.name }} -> []
npm       {{ missing.name }} -> []
npm       {{ 'a' ~ missing ~ 'b' }} -> [throws]
npm       {{ 'a' ~ message.reasoning }} -> [throws]
npm       {{ message.content ~ 'b' }} -> [throws]
npm       {{ missing|length }} -> [throws]
npm       {% for part in missing %}part{% endfor %}. -> [throws]
npm       {% if 'x' in missing %}yes{% else %}no{% endif %} -> [no]
npm       {% if missing.name is defined %}yes{% else %}no{% endif %} -> [no]
npm       {{ missing }}. -> [.]
jinja2    {{ message.fuction.name }} -> [throws]
jinja2    {{ missing.name }} -> [throws]
jinja2    {{ 'a' ~ missing ~ 'b' }} -> [ab]
jinja2    {{ 'a' ~ message.reasoning }} -> [a]
jinja2    {{ message.content ~ 'b' }} -> [Noneb]
jinja2    {{ missing|length }} -> [0]
jinja2    {% for part in missing %}part{% endfor %}. -> [.]
jinja2    {% if 'x' in missing %}yes{% else %}no{% endif %} -> [no]
jinja2    {% if missing.name is defined %}yes{% else %}no{% endif %} -> [throws]
jinja2    {{ missing }}. -> [.]
minijinja {{ message.fuction.name }} -> [throws]
minijinja {{ missing.name }} -> [throws]
minijinja {{ 'a' ~ missing ~ 'b' }} -> [ab]
minijinja {{ 'a' ~ message.reasoning }} -> [a]
minijinja {{ message.content ~ 'b' }} -> [Noneb]
minijinja {{ missing|length }} -> [0]
minijinja {% for part in missing %}part{% endfor %}. -> [.]
minijinja {% if 'x' in missing %}yes{% else %}no{% endif %} -> [no]
minijinja {% if missing.name is defined %}yes{% else %}no{% endif %} -> [throws]
minijinja {{ missing }}. -> [.]
EXPECTED
echo 'as recorded'
