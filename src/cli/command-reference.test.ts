import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandReference, promptReference } from './command-reference.ts';
import { commandTable } from './command-table.ts';

const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

describe('docs/cli.md (npm run cli-docs writes it)', () => {
  // Every command's module is loaded, which takes seconds where they are compiled on the way.
  it('has every command as it is', { timeout: 60_000 }, async () => {
    const text = await commandReference();
    expect(text.match(/^### ollama /gm)).toHaveLength(commandTable.length);
    expect(page).toContain(`<!-- commands -->\n${text}\n<!-- /commands -->`);
  });

  it('has what can be typed at the prompt', () => {
    expect(promptReference()).toMatch(/\/set parameter <name> <value>/);
    expect(page).toContain(`<!-- prompt -->\n${promptReference()}\n<!-- /prompt -->`);
  });

  it('names flags with their short form and value, aliases and settings', async () => {
    const text = await commandReference();
    expect(text).toMatch(/### ollama run\n[^#]*\| `--think\[=string\]` \| /);
    expect(text).toMatch(/### ollama show\n[^#]*\| `-v`, `--verbose` \| /);
    expect(text).toMatch(/### ollama list\n[^#]*Also: `ollama ls`\.\n[^#]*Settings: `OLLAMA_HOST`/);
    expect(text).toMatch(/### ollama serve\n[^#]*Settings: \d+ of those/);
  });
});
