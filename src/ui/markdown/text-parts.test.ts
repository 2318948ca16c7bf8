import { describe, expect, it } from 'vitest';
import { colouredParts } from './coloured-code.ts';
import { decodeEntities } from './entities.ts';
import { colour } from './highlighter.ts';
import { addressOf, showsPlace } from './links.ts';
import { formulaAt } from './math-syntax.ts';

describe('addressOf', () => {
  it('takes pages and mail addresses', () => {
    expect(addressOf('https://Example.com/a')).toEqual({
      href: 'https://example.com/a',
      place: 'example.com',
    });
    expect(addressOf('mailto:a@b.org')?.place).toBe('a@b.org');
  });

  it('shows the host that a look-alike name resolves to', () => {
    expect(addressOf('https://ex\u0430mple.com/')?.place).toBe('xn--exmple-4nf.com');
    expect(addressOf('https://example.com@evil.example/')?.place).toBe('evil.example');
  });

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,<script>',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://a/b',
    '/models',
    `https://example.com/${'a'.repeat(3000)}`,
  ])('refuses %s', (target) => {
    expect(addressOf(target)).toBeUndefined();
  });

  it('knows when a text says where it leads', () => {
    const address = addressOf('https://example.com/docs');
    expect(address && showsPlace('https://example.com/docs', address)).toBe(true);
    expect(address && showsPlace('example.com', address)).toBe(true);
    expect(address && showsPlace('https://bank.example/', address)).toBe(false);
  });
});

describe('formulaAt', () => {
  it.each([
    ['$x^2$ and', 'x^2', false],
    ['$$a$$', 'a', true],
    ['\\(a+b\\) c', 'a+b', false],
    ['\\[ a \\]', 'a', true],
  ])('finds %s', (source, text, isDisplay) => {
    expect(formulaAt(source)).toMatchObject({ text, isDisplay });
  });

  it.each(['$5 and $6', '$ x $', '$$ $$', '$x', '\\(a', `$$${'x'.repeat(5000)}$$`, 'x$y$'])(
    'finds none in %s',
    (source) => {
      expect(formulaAt(source)).toBeUndefined();
    },
  );
});

it('decodes entities of texts, and leaves what is none', () => {
  expect(decodeEntities('a &lt; b &amp;&amp; c &#65;&#x42; &nope; &#0; &#xD800; & d')).toBe(
    'a < b && c AB &nope; &#0; &#xD800; & d',
  );
});

describe('coloured code', () => {
  it('keeps the code as it is, whatever is in it', () => {
    const code = 'const a = "<b>&amp;</b>"; // <script>\n\'x\' && y';
    expect(
      colour(code, 'js')
        ?.map(({ text }) => text)
        .join(''),
    ).toBe(code);
    expect(colour('a', 'no-such-language')).toBeUndefined();
  });

  it('names the kind of each part by the innermost element', () => {
    expect(colouredParts('<span class="a">x<span class="b c">&lt;</span>y</span>z')).toEqual([
      { text: 'x', kind: 'a' },
      { text: '<', kind: 'b c' },
      { text: 'y', kind: 'a' },
      { text: 'z', kind: '' },
    ]);
  });
});
