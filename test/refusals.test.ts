/** docs/api.md lists every refusal of a request by its text, with the reason why the request is not answered without that part. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['src/compat', 'src/api', 'src/upstreams/dialects', 'src/inference/remote'];
/** What stands before a text that a client gets with the status 400. */
const beginnings = [
  String.raw`\brefuse\(\s*(?:\w+,\s*)?`,
  String.raw`\brefusal\(\s*`,
  String.raw`new OllamaError\(\s*'invalid-request',\s*`,
  String.raw`\bleaveOut\((?:\s*[^,()]+,){2,3}\s*`,
  String.raw`\bmessage: `,
];
const refusal = new RegExp(
  `(?:${beginnings.join('|')})(?:'((?:[^'\\\\]|\\\\.)*)'|\`((?:[^\`\\\\]|\\\\.)*)\`)`,
  'g',
);

/** The texts in a file, with `…` for values. */
function refusalTexts(source: string): string[] {
  return [...source.matchAll(refusal)].map(([, plain, template = '']) =>
    (plain ?? template.replace(/\$\{[^{}]*\}/g, '…')).replace(/\\(.)/g, '$1'),
  );
}

function allRefusals(): string[] {
  const texts = folders.flatMap((folder) => {
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
    const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
    return sources.flatMap((file) => refusalTexts(readFileSync(join(root, folder, file), 'utf8')));
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
  expect(listed.sort()).toEqual(allRefusals());
  for (const row of rows) expect(row.split(' | ')[1]?.trim().length).toBeGreaterThan(10);
});
