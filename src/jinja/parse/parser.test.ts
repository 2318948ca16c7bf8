import { describe, expect, it } from 'vitest';
import { parseTemplate } from './parser.ts';

const start = '{# a comment with {{ #}\n{% for m in messages %}\n  {{ m["content }}"] }}\n';

describe('the position of an error in a Jinja template', () => {
  it.each([
    ['a statement that does not exist', `${start}{% endfor %}\n {% elephant %}`, 'line 5, column 2: '],
    ['an expression that ends early', `${start}{{ 1 + }}{% endfor %}`, 'line 4, column 1: '],
    ['a block that is not ended', start, 'line 3, column 3: '],
    ['a character that does not exist', `${start}abc {{ a ? b }}{% endfor %}`, 'line 4, column 5: '],
    ['a string that is not ended', `${start}{% endfor %}{{ 'a }}`, 'line 4, column 13: '],
    ['a tag of another block', `{% if a %}\n{% endfor %}`, 'line 2, column 1: '],
  ])('%s', (_, text, place) => {
    expect(() => parseTemplate(text)).toThrow(
      expect.objectContaining({ code: 'invalid-request', message: expect.stringMatching(`^${place}`) }),
    );
  });

  it('does not count tags of generation', () => {
    const text = '{% generation %}{{ a }}{% endgeneration %}\n{{ ) }}';
    expect(() => parseTemplate(text)).toThrow(/^line 2, column 1: /);
  });
});
