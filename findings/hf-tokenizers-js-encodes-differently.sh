#!/usr/bin/env bash
# Software: @huggingface/tokenizers 0.2.0 (npm), tokenizers 0.23.3 (PyPI).
#
# Behaviour: the npm library reads the same tokenizer.json and produces other tokens, without an error.
#   - A pre-tokenizer "Split" with "invert": true loses the text between the matches. With the pattern \d+, "ab12cd34"
#     becomes the four digits alone, and a text without a match becomes no tokens. The Rust library keeps everything.
#   - A pre-tokenizer "Digits" knows the ten digits of ASCII only; the Rust library takes all numbers of Unicode, so that
#     "½a" is split by one and not by the other.
#   - A pre-tokenizer "Split" with the behavior "MergedWithPrevious" keeps the matches apart.
#   - "single_word": true of an added token is ignored: the token is found inside a longer word.
#   - The normalizer "Lowercase" writes a Greek capital sigma at the end of a word as its final form; the Rust library
#     lowers each character alone.
# decode() differs too: by default it removes the space before punctuation and keeps special tokens, where the Rust
# library keeps the space and removes special tokens. "a ." does not survive encode and decode.
#
# Expected instead: the same token numbers from the same file, or an error for what is not implemented.
#
# Why it matters: token counts, truncation and prefix caches on the client are compared with those of a server. A text
# whose words vanish counts as shorter than it is, and a stop sequence or log that is decoded on the client differs from
# the text that the server sent.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . @huggingface/tokenizers@0.2.0 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check tokenizers==0.23.3

# Each case is a byte-level vocabulary of 256 tokens and the parts that the case is about.
cat >cases.py <<'PY'
import json

printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
rest = [byte for byte in range(256) if byte not in printable]
vocabulary = {chr(byte): byte for byte in printable} | {chr(256 + index): byte for index, byte in enumerate(rest)}
byte_level = {'type': 'ByteLevel', 'add_prefix_space': False, 'trim_offsets': True, 'use_regex': False}

def tokenizer(split=None, normalizer=None, added=(), words=()):
    tokens, merges = dict(vocabulary), []
    for word in words:
        left, *rest_of_word = (chr(byte) if byte in printable else chr(256 + rest.index(byte)) for byte in word.encode())
        for right in rest_of_word:
            merges.append([left, right])
            left += right
            tokens[left] = len(tokens)
    return {
        'version': '1.0', 'truncation': None, 'padding': None, 'post_processor': None, 'decoder': byte_level,
        'normalizer': normalizer,
        'added_tokens': [{'id': 256 + index, 'single_word': False, 'lstrip': False, 'rstrip': False, 'normalized': False, 'special': False, **token} for index, token in enumerate(added)],
        'pre_tokenizer': {'type': 'Sequence', 'pretokenizers': [split, byte_level]} if split else byte_level,
        'model': {'type': 'BPE', 'dropout': None, 'unk_token': None, 'continuing_subword_prefix': None, 'end_of_word_suffix': None,
                  'fuse_unk': False, 'byte_fallback': False, 'ignore_merges': False, 'vocab': tokens, 'merges': merges},
    }

def split(invert, behavior):
    return {'type': 'Split', 'pattern': {'Regex': r'\d+'}, 'behavior': behavior, 'invert': invert}

cases = [
    ('split', tokenizer(split(False, 'Isolated')), 'ab12cd34'),
    ('inverted split', tokenizer(split(True, 'Isolated')), 'ab12cd34'),
    ('inverted split, merged', tokenizer(split(True, 'MergedWithPrevious')), 'ab12cd34'),
    ('inverted split, no match', tokenizer(split(True, 'Isolated')), 'hello'),
    ('digits', tokenizer({'type': 'Digits', 'individual_digits': True}, words=['½a']), '½a'),
    ('split, merged', tokenizer(split(False, 'MergedWithPrevious'), words=['b1']), 'ab1c'),
    ('added token', tokenizer(added=[{'content': 'ell'}]), 'hello ell'),
    ('added token, single word', tokenizer(added=[{'content': 'ell', 'single_word': True}]), 'hello ell'),
    ('lower case', tokenizer(normalizer={'type': 'Lowercase'}), 'ΑΣ'),
    ('space before a full stop', tokenizer(), 'a .'),
    ('special token', tokenizer(added=[{'content': '<end>', 'special': True}]), 'a<end>'),
]
json.dump(cases, open('cases.json', 'w'))
PY
cat >observe.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';

for (const [name, file, text] of JSON.parse(readFileSync('cases.json', 'utf8'))) {
  const tokenizer = new Tokenizer(file, {});
  const { ids } = tokenizer.encode(text);
  console.log(`npm    ${name}: ${JSON.stringify(text)} -> [${ids}] -> ${ids.length > 0 ? JSON.stringify(tokenizer.decode(ids)) : 'nothing'}`);
}
JS
cat >observe.py <<'PY'
import json
from tokenizers import Tokenizer

for name, file, text in json.load(open('cases.json')):
    tokenizer = Tokenizer.from_str(json.dumps(file))
    ids = tokenizer.encode(text).ids
    print(f'python {name}: {json.dumps(text, ensure_ascii=False)} -> [{",".join(map(str, ids))}] -> {json.dumps(tokenizer.decode(ids), ensure_ascii=False)}')
PY
venv/bin/python cases.py
{ node observe.mjs; venv/bin/python observe.py; } | tee seen.txt

diff -u - seen.txt <<'EXPECTED'
npm    split: "ab12cd34" -> [97,98,49,50,99,100,51,52] -> "ab12cd34"
npm    inverted split: "ab12cd34" -> [49,50,51,52] -> "1234"
npm    inverted split, merged: "ab12cd34" -> [49,50,51,52] -> "1234"
npm    inverted split, no match: "hello" -> [] -> nothing
npm    digits: "½a" -> [257] -> "½a"
npm    split, merged: "ab1c" -> [97,98,49,99] -> "ab1c"
npm    added token: "hello ell" -> [104,256,111,32,256] -> "hello ell"
npm    added token, single word: "hello ell" -> [104,256,111,32,256] -> "hello ell"
npm    lower case: "ΑΣ" -> [206,177,207,130] -> "ας"
npm    space before a full stop: "a ." -> [97,32,46] -> "a."
npm    special token: "a<end>" -> [97,256] -> "a<end>"
python split: "ab12cd34" -> [97,98,49,50,99,100,51,52] -> "ab12cd34"
python inverted split: "ab12cd34" -> [97,98,49,50,99,100,51,52] -> "ab12cd34"
python inverted split, merged: "ab12cd34" -> [97,98,49,50,99,100,51,52] -> "ab12cd34"
python inverted split, no match: "hello" -> [104,101,108,108,111] -> "hello"
python digits: "½a" -> [256,97] -> "½a"
python split, merged: "ab1c" -> [97,256,99] -> "ab1c"
python added token: "hello ell" -> [104,256,111,32,256] -> "hello ell"
python added token, single word: "hello ell" -> [104,101,108,108,111,32,256] -> "hello ell"
python lower case: "ΑΣ" -> [206,177,207,131] -> "ασ"
python space before a full stop: "a ." -> [97,32,46] -> "a ."
python special token: "a<end>" -> [97,256] -> "a"
EXPECTED
echo 'as recorded'
