#!/usr/bin/env bash
# Software: @huggingface/jinja 0.5.11 (npm), jinja2 3.1.6 and minijinja 3.1.0 (PyPI).
#
# Behaviour: in the npm engine a key of a mapping hides the method of the same name. "properties.items()" fails with
# "Cannot call something that is not a function" as soon as the mapping has a key "items"; the same holds for keys(),
# values() and get(). jinja2 calls the method in any case, also where the template reads "properties.items" and means
# the key. minijinja gets both right: it calls the method and reads the key.
#
# Expected instead: the engine that exists to render chat templates treats a call as the original engine does.
#
# Why it matters: chat templates loop over the parameters of a tool, and a tool whose parameter is called "items",
# "keys", "values" or "get" is an ordinary tool, for example one for a shopping cart. The template renders for every
# other tool and throws for this one. The filter form, "properties|items", works in all three engines.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . @huggingface/jinja@0.5.11 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check jinja2==3.1.6 minijinja==3.1.0

cat >cases.json <<'JSON'
{
  "context": { "cart": { "items": 1, "keys": 2, "values": 3, "get": 4 }, "plain": { "id": 5 } },
  "templates": [
    "{% for name, value in plain.items() %}{{ name }}={{ value }} {% endfor %}",
    "{% for name, value in cart.items() %}{{ name }}={{ value }} {% endfor %}",
    "{% for name, value in cart|items %}{{ name }}={{ value }} {% endfor %}",
    "{{ cart.keys()|join(',') }}",
    "{{ cart.values()|join(',') }}",
    "{{ cart.get('id', 'none') }}",
    "{{ cart['items'] }}",
    "{{ cart.items is number }}"
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
npm       {% for name, value in plain.items() %}{{ name }}={{ value }} {% endfor %} -> [id=5 ]
npm       {% for name, value in cart.items() %}{{ name }}={{ value }} {% endfor %} -> [throws]
npm       {% for name, value in cart|items %}{{ name }}={{ value }} {% endfor %} -> [items=1 keys=2 values=3 get=4 ]
npm       {{ cart.keys()|join(',') }} -> [throws]
npm       {{ cart.values()|join(',') }} -> [throws]
npm       {{ cart.get('id', 'none') }} -> [throws]
npm       {{ cart['items'] }} -> [1]
npm       {{ cart.items is number }} -> [true]
jinja2    {% for name, value in plain.items() %}{{ name }}={{ value }} {% endfor %} -> [id=5 ]
jinja2    {% for name, value in cart.items() %}{{ name }}={{ value }} {% endfor %} -> [items=1 keys=2 values=3 get=4 ]
jinja2    {% for name, value in cart|items %}{{ name }}={{ value }} {% endfor %} -> [items=1 keys=2 values=3 get=4 ]
jinja2    {{ cart.keys()|join(',') }} -> [items,keys,values,get]
jinja2    {{ cart.values()|join(',') }} -> [1,2,3,4]
jinja2    {{ cart.get('id', 'none') }} -> [none]
jinja2    {{ cart['items'] }} -> [1]
jinja2    {{ cart.items is number }} -> [False]
minijinja {% for name, value in plain.items() %}{{ name }}={{ value }} {% endfor %} -> [id=5 ]
minijinja {% for name, value in cart.items() %}{{ name }}={{ value }} {% endfor %} -> [items=1 keys=2 values=3 get=4 ]
minijinja {% for name, value in cart|items %}{{ name }}={{ value }} {% endfor %} -> [items=1 keys=2 values=3 get=4 ]
minijinja {{ cart.keys()|join(',') }} -> [items,keys,values,get]
minijinja {{ cart.values()|join(',') }} -> [1,2,3,4]
minijinja {{ cart.get('id', 'none') }} -> [none]
minijinja {{ cart['items'] }} -> [1]
minijinja {{ cart.items is number }} -> [True]
EXPECTED
echo 'as recorded'
