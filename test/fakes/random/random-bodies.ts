/** Request bodies that are almost valid, or not valid at all. */
export type Random = () => number;

const strange: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  -1e308,
  2 ** 53,
  '',
  'x',
  '\u0000',
  '\ud800',
  '../../etc/passwd',
  'é漢👋',
  'x'.repeat(10_000),
  '__proto__',
  [],
  [null],
  [[[[[[]]]]]],
  {},
  { a: { b: [] } },
  { type: 'function' },
  { type: 'text', text: 5 },
  ['a', 1, null],
  '{"a":1}',
  'data:image/png;base64,AAAA',
];

const names = [
  'model',
  'messages',
  'role',
  'content',
  'tools',
  'function',
  'options',
  'format',
  '__proto__',
  'constructor',
  'x',
];

/** A JSON text made from a valid body by a few random changes, or invalid JSON. */
export function randomBody(random: Random, valid: unknown): string {
  if (random() < 0.05) return randomBytes(random);
  let body = structuredClone(valid);
  const changes = 1 + Math.floor(random() * 4);
  for (let count = 0; count < changes; count++) body = changed(random, body);
  const text = JSON.stringify(body) ?? '';
  return random() < 0.05 ? text.slice(0, Math.floor(random() * text.length)) : text;
}

function pick<T>(random: Random, list: readonly T[]): T | undefined {
  return list[Math.floor(random() * list.length)];
}

/** Changes the value itself, or something inside it. */
function changed(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random() < 0.1) return pick(random, strange);
  if (Array.isArray(value)) return changedList(random, value);
  const entries = Object.entries(value);
  const at = Math.floor(random() * entries.length);
  const entry = entries[at];
  const way = random();
  if (!entry || way < 0.2) return { ...value, [pick(random, names) ?? 'x']: pick(random, strange) };
  if (way < 0.3) return Object.fromEntries(entries.filter((_, index) => index !== at));
  if (way < 0.35) return { ...value, [entry[0].toUpperCase()]: pick(random, strange) };
  return { ...value, [entry[0]]: changed(random, entry[1]) };
}

function changedList(random: Random, list: readonly unknown[]): unknown {
  const way = random();
  if (list.length === 0 || way < 0.2) return [...list, pick(random, strange)];
  if (way < 0.3) return Array.from({ length: 50 }, () => list[0]);
  const at = Math.floor(random() * list.length);
  return list.map((item, index) => (index === at ? changed(random, item) : item));
}

function randomBytes(random: Random): string {
  const length = Math.floor(random() * 60);
  return Array.from({ length }, () => String.fromCharCode(Math.floor(random() * 300))).join('');
}
