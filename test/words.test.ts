/** docs/style.md, as far as a program can check it: words and forms that must not come back. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readPages } from './pages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What to look for and what to write instead. */
const rules: readonly (readonly [found: RegExp, instead: string])[] = [
  [/\banew\b/i, '"again", or "reload", "recompute"'],
  [
    /\b(?:it|one|that|which|text|path|name|host|number|file|model) is no(?:ne)? (?!longer|more|room|need|way|such)/i,
    '"is not a …"',
  ],
  [/\bbut for (?:the|a|one|what|its|those)\b/, '"except" or "unless"'],
  [
    /\b(?:it|server|line|command|page|header|field|message|error|reply) tells\b/,
    '"reports", "shows", "states" or "says"',
  ],
  [/\bhad from\b/, '"obtained from"'],
  [
    /\b(?:process|runner|child|model|file|server|client) is gone\b/,
    '"exited", "was removed" or "disconnected"',
  ],
  [/\b(?:who|those that|requests that|clients that) waits?\b/, '"waiting …"'],
  [/\bof what it is\b|\bwhat it is of\b/, 'name the thing'],
  [/\bin which manner\b|\bwithout further ado\b/, 'leave it out'],
  [/\b(?:some|any)body else's\b/, '"another client\'s"'],
];

/** Forms that only comments have. */
const commentRules: typeof rules = [
  [/^\/\*\* Of (?:one|the|a|an|it|its|all|them)\b/, 'a sentence about the thing below'],
  [/^\/\*\* (?:Whom|Whose|Whence|Wherefrom)\b/, 'a sentence about the thing below'],
];

interface Place {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

function linesBelow(folder: string, ending: RegExp): Place[] {
  const paths = readdirSync(root + folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    ending.test(path),
  );
  return paths.flatMap((path) => linesOf(`${folder}/${path}`));
}

function linesOf(path: string): Place[] {
  return readFileSync(root + path, 'utf8')
    .split('\n')
    .map((text, index) => ({ path, line: index + 1, text: text.trim() }));
}

function offences(places: readonly Place[], checked: typeof rules): string[] {
  return places.flatMap(({ path, line, text }) =>
    checked
      .filter(([found]) => found.test(text))
      .map(([, instead]) => `${path}:${line}: ${text.slice(0, 120)} — write ${instead}`),
  );
}

const source = linesBelow('src', /\.ts$/);
/** The style page quotes what it warns of. */
const pages = readPages().filter(({ path }) => path !== 'docs/style.md');
const headings = pages.flatMap(({ path }) => linesOf(path)).filter(({ text }) => /^#{1,6} /.test(text));

describe('the words of docs/style.md', () => {
  it('hold in the source: help, logs, errors and comments', () => {
    expect(source.length).toBeGreaterThan(10_000);
    expect(offences(source, [...rules, ...commentRules])).toEqual([]);
  });

  it('hold in README.md, docs, the contributor pages and the scripts', () => {
    const own = ['AGENTS.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'findings/README.md'].flatMap(
      linesOf,
    );
    const places = [
      ...pages.flatMap(({ path }) => linesOf(path)),
      ...own,
      ...linesBelow('scripts', /\.(mjs|sh)$/),
    ];
    expect(offences(places, rules)).toEqual([]);
  });

  it('make every heading name its subject', () => {
    expect(headings.length).toBeGreaterThan(100);
    expect(headings.filter(({ text }) => text.endsWith('?'))).toEqual([]);
  });

  it('are found where they stand', () => {
    const place = (text: string) => ({ path: 'x', line: 1, text });
    const bad = [
      'computes it anew',
      '"x" is no name: text is no path',
      'requests that wait',
      'the model is gone',
    ];
    expect(bad.map((text) => offences([place(text)], rules).length)).toEqual([1, 1, 1, 1]);
    expect(offences([place('/** Of one head. */')], commentRules)).toHaveLength(1);
    expect(offences([place('computes it again; "x" is not a name')], [...rules, ...commentRules])).toEqual(
      [],
    );
  });
});
