import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { effectiveOptions } from '../../inference/loading/effective-options.ts';
import { optionsTable } from './option-documents.ts';
import { type OptionRule, optionRules } from './option-table.ts';
import { parseOptions } from './options.ts';

/** Options that have no effect until another one is set. */
const switches = { mirostat: 1, dry_multiplier: 1, xtc_probability: 1, dynatemp_range: 1 };

describe('the option documents (written by npm run openapi)', () => {
  it('list every option in docs/modelfile.md', () => {
    const page = readFileSync(new URL('../../../docs/modelfile.md', import.meta.url), 'utf8');
    expect(optionsTable().split('\n')).toHaveLength(Object.keys(optionRules).length + 2);
    expect(page).toContain(`<!-- parameters -->\n${optionsTable()}\n<!-- /parameters -->`);
  });

  it('show ranges and defaults', () => {
    expect(optionsTable()).toContain('| `temperature` | number | 0 to 1000 | `0.8` |');
    expect(optionsTable()).toContain('| `seed` | integer | 64 bits | `-1` |');
    expect(optionsTable()).toMatch(
      /\| `stop` \| text, repeatable \| at most 256 values; at most 16384 bytes \| {2}\|/,
    );
  });

  it.each(Object.entries<OptionRule>(optionRules).filter(([, rule]) => rule.default !== undefined))(
    'give the true default of %s: setting it changes nothing',
    (name, { default: value }) => {
      const others = Object.fromEntries(Object.entries(switches).filter(([key]) => key !== name));
      const effective = (options: object) =>
        effectiveOptions({
          contextLength: 2048,
          trainContextLength: 8192,
          model: parseOptions({ ...others }),
          request: parseOptions({ ...options }),
        });
      expect(effective({ [name]: value })).toEqual(effective({}));
    },
  );
});
