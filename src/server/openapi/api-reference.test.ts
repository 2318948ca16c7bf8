import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { apiReference } from './api-reference.ts';
import { openApiDocument } from './document.ts';
import { examples } from './examples.ts';
import { replyNotes, requestNotes } from './field-notes.ts';
import { operations } from './operations.ts';

const document = openApiDocument('1');
const reference = apiReference(document);

describe('docs/api-reference.md (written by npm run openapi)', () => {
  it('contains every operation and schema', () => {
    const page = readFileSync(new URL('../../../docs/api-reference.md', import.meta.url), 'utf8');
    for (const [name, part] of Object.entries(reference)) {
      expect(page).toContain(`<!-- ${name} -->\n${part}\n<!-- /${name} -->`);
    }
  });

  it('has an example of each operation and no others', () => {
    const gets = operations.filter(({ method }) => method === 'get').map(({ path }) => path);
    const shown = operations.filter(({ method, path }) => method !== 'head' || !gets.includes(path));
    const keys = shown.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(Object.keys(examples).sort()).toEqual(keys.sort());
    expect(JSON.stringify(Object.values(examples).map(({ body }) => body))).not.toContain("'");
  });

  it('shows types, defaults, ranges and required fields', () => {
    const sections = `${reference.operations}\n\n${reference.schemas}`.split(/^### /m);
    const rowOf = (section: string, field: string) =>
      sections.find((text) => text.startsWith(`${section}\n`))?.match(`\\| \`${field}\`.*`)?.[0];
    expect(rowOf('POST /api/chat', 'stream')).toMatch(
      /^\| `stream` \| boolean \| `true` \| Stream the reply/,
    );
    expect(rowOf('POST /api/link', 'digest')).toMatch(/^\| `digest` \* \| string \|/);
    expect(rowOf('POST /v1/chat/completions', 'messages\\[\\]\\.role')).toMatch(/ \* \| string \|/);
    expect(rowOf('Options', 'temperature')).toMatch(/\| number, 0 to 1000 \| `0\.8` \|/);
    expect(rowOf('ChatResponse', 'message')).toMatch(/ \* \| \[Message\]\(#message\) \|/);
  });

  it('has no note on a field that does not exist', () => {
    const text = JSON.stringify(document);
    const unknown = Object.keys({ ...requestNotes, ...replyNotes }).filter(
      (name) => !text.includes(`"${name}":{`),
    );
    expect(unknown).toEqual([]);
  });
});
