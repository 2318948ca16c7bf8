#!/usr/bin/env bash
# Software: zod 4.6.7 (npm).
#
# Behaviour: z.toJSONSchema writes words into "format" that no JSON Schema draft knows, for plain string checks:
# startsWith becomes "format": "starts_with", includes "includes", lowercase "lowercase", and so on, beside a
# "pattern" that says the same. Of two checks only the last is named. jwt gets a format without a pattern. The flags
# of a regular expression are lost without a warning: /^yes$/i becomes the pattern "^yes$", which "YES" does not
# match. A hostname and a duration become patterns with lookaheads; an e-mail address does not.
#
# Expected instead: "pattern" alone for checks on the text, and an error for a flag that JSON Schema cannot express.
#
# Why it matters: these schemas arrive at servers as response_format, format or a tool's parameters. A server that
# refuses unknown formats refuses startsWith, and one that compiles patterns to a grammar meets lookaheads, which a
# grammar cannot express. After a case-insensitive pattern the model is forced to write the lower case only, which zod
# itself would not ask for.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . zod@4.6.7 >/dev/null

cat >observe.mjs <<'JS'
import { z } from 'zod';

const types = {
  startsWith: z.string().startsWith('a.b'),
  endsWith: z.string().endsWith('.md'),
  includes: z.string().includes('x'),
  lowercase: z.string().lowercase(),
  jwt: z.jwt(),
  mac: z.mac(),
  'regex with i': z.string().regex(/^yes$/i),
  'two checks': z.string().startsWith('a').endsWith('b'),
  hostname: z.hostname(),
  duration: z.iso.duration(),
  email: z.email(),
  url: z.url(),
};
for (const [name, type] of Object.entries(types)) {
  const { $schema, ...schema } = z.toJSONSchema(type);
  const lookaround = /\(\?[!=<]/.test(schema.pattern) ? ', lookaround' : '';
  const long = schema.pattern?.length > 40;
  console.log(`${name}: ${JSON.stringify(long ? { ...schema, pattern: '(long)' } : schema)}${lookaround}`);
}
const accepts = (type, value) => type.safeParse(value).success;
const { pattern } = z.toJSONSchema(types['regex with i']);
console.log('YES: zod', accepts(types['regex with i'], 'YES') ? 'accepts' : 'refuses', 'it, the pattern', new RegExp(pattern, 'u').test('YES') ? 'accepts' : 'refuses', 'it');
JS
node observe.mjs | tee seen.txt

diff -u - seen.txt <<'EXPECTED'
startsWith: {"type":"string","format":"starts_with","pattern":"^a\\.b.*"}
endsWith: {"type":"string","format":"ends_with","pattern":".*\\.md$"}
includes: {"type":"string","format":"includes","pattern":"x"}
lowercase: {"type":"string","format":"lowercase","pattern":"^[^A-Z]*$"}
jwt: {"type":"string","format":"jwt"}
mac: {"type":"string","format":"mac","pattern":"(long)"}
regex with i: {"type":"string","pattern":"^yes$"}
two checks: {"type":"string","format":"ends_with","allOf":[{"pattern":"^a.*"},{"pattern":".*b$"}]}
hostname: {"type":"string","format":"hostname","pattern":"(long)"}, lookaround
duration: {"type":"string","format":"duration","pattern":"(long)"}, lookaround
email: {"type":"string","format":"email","pattern":"(long)"}
url: {"type":"string","format":"uri"}
YES: zod accepts it, the pattern refuses it
EXPECTED
echo 'as recorded'
