/** docs/api.md lists every refusal of a request by its text, with the reason why the request is not answered without that part. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['src/compat', 'src/api'];
/** Where a text begins that a client gets with the status 400. */
const refusals = [
  /\brefuse\(\s*(?:\w+,\s*)?([`'])/g,
  /\brefusal\(\s*([`'])/g,
  /new OllamaError\(\s*'invalid-request',\s*([`'])/g,
  /\bleaveOut\((?:\s*[^,()]+,){2,3}\s*([`'])/g,
  /\bmessage: ([`'])(?=field |invalid |tool_choice )/g,
];

/** The text of a literal, with `…` for values. */
function literal(source: string, start: number, quote: string): string {
  let text = '';
  for (let at = start; at < source.length && source[at] !== quote; at += 1) {
    if (source.startsWith('${', at)) {
      let depth = 0;
      for (; at < source.length; at += 1) {
        if (source[at] === '{') depth += 1;
        if (source[at] === '}') depth -= 1;
        if (source[at] === '}' && depth === 0) break;
      }
      text += '…';
    } else if (source[at] === '\\') text += source[++at] ?? '';
    else text += source[at] ?? '';
  }
  return text;
}

function refusalTexts(): string[] {
  const texts = folders.flatMap((folder) => {
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
    return files
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .flatMap((file) => {
        const source = readFileSync(join(root, folder, file), 'utf8');
        return refusals.flatMap((pattern) =>
          [...source.matchAll(pattern)].map((match) =>
            literal(source, match.index + match[0].length, match[1] ?? ''),
          ),
        );
      });
  });
  return [...new Set(texts)].sort();
}

it('lists them all, and no others', () => {
  const page = readFileSync(join(root, 'docs/api.md'), 'utf8');
  const [, section = ''] = page.split('## Refusals\n');
  const rows =
    section
      .split('\n## ')[0]
      ?.split('\n')
      .filter((line) => line.startsWith('| `')) ?? [];
  const listed = rows.flatMap((row) =>
    [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, text]) => text),
  );
  expect(listed.sort()).toEqual(refusalTexts());
  for (const row of rows) expect(row.split(' | ')[1]?.trim().length).toBeGreaterThan(10);
});
