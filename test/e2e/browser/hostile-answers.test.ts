/** What a hostile model writes stays text: nothing runs, nothing is asked of other servers, and the page goes on working. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenAiServer, startOpenAiServer } from '../../fakes/servers/openai-server.ts';
import { expectAccessible } from './support/accessible.ts';
import { sendMessage, waitForAnswer } from './support/chat-page.ts';
import { chromiumPath } from './support/chromium.ts';
import { useBrowser } from './support/tested-browser.ts';

const PIECE_CHARACTERS = 1000;
const piecesOf = (text: string) => text.match(new RegExp(`[^]{1,${PIECE_CHARACTERS}}`, 'g')) ?? [];

const row = (cell: string, columns: number) => `|${` ${cell} |`.repeat(columns)}\n`;

const answers: Readonly<Record<string, string>> = {
  HTML: `<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">
<iframe src="https://evil.example/"></iframe><svg onload="window.hacked = 1"></svg><style>* { display: none }</style>
<form action="https://evil.example/"><input name="a"></form><a href="javascript:window.hacked = 1">a</a>
<b>not bold</b> &lt;script&gt; <details open ontoggle="window.hacked = 1"><base href="https://evil.example/">

text <math><mi xlink:href="javascript:window.hacked = 1">x</mi></math> <object data="https://evil.example/"></object>`,
  links: `[a](javascript:window.hacked=1) [b](JaVaScRiPt:window.hacked=1) [c](data:text/html,<script>window.hacked=1</script>)
[d](vbscript:x) [e](&#106;avascript:window.hacked=1) <javascript:window.hacked=1> [f](//evil.example/x) [g]( javascript:x)
[h](java%0ascript:x) [i](blob:x) [j](file:///etc/passwd) [k][1] [ok](https://example.com/page)

[1]: javascript:window.hacked=1`,
  pictures: `![x](https://evil.example/pixel.png?secret) ![y](//evil.example/p.png) ![z](/api/tags) ![d](data:image/svg+xml,<svg/>)
<img src="https://evil.example/p2.png"> [![n](https://evil.example/n.png)](https://evil.example/) ![r][1]

[1]: https://evil.example/reference.png`,
  'a huge table': row('head', 100) + row('---', 100) + row('cell', 100).repeat(300),
  'an endless line': `${'x'.repeat(300_000)}`,
  'a bomb of formulas': `$$${'\\frac{1}{'.repeat(3000)}x${'}'.repeat(3000)}$$

$$\\def\\a{\\a\\a\\a}\\a$$ $\\href{javascript:window.hacked=1}{x}$ $\\includegraphics{https://evil.example/x.png}$

${'$x^{'.repeat(5000)} ${'$'.repeat(20_000)}`,
  'deep nesting': `${'>'.repeat(3000)} quote

${Array.from({ length: 300 }, (_, depth) => `${'  '.repeat(depth)}- item`).join('\n')}

${'['.repeat(10_000)} ${'![a]('.repeat(3000)} ${'**a_'.repeat(5000)} ${'`'.repeat(9999)}`,
  'code for a highlighter': `\`\`\`js\n${'var x = "a\\'.repeat(15_000)}\n\`\`\`\n\n\`\`\`__proto__\nx\n\`\`\`\n\n\`\`\`html\n<script>window.hacked = 1</script>`,
};

/** Elements and attributes that no answer may make. */
const FORBIDDEN = [
  ...[
    'script',
    'iframe',
    'object',
    'embed',
    'form',
    'style',
    'link',
    'meta',
    'base',
    'img',
    'video',
    'audio',
  ],
  ...['svg[onload]', '[onerror]', '[onclick]', '[ontoggle]', '[srcdoc]', '[style*="url"]'],
];

async function expectHarmless(page: Page): Promise<void> {
  const inAnswers = FORBIDDEN.map((selector) => `.messages ${selector}`).join(', ');
  expect(await page.locator(inAnswers).count()).toBe(0);
  expect(await page.evaluate('window.hacked')).toBe(undefined);
  const addresses = await page.evaluate<string[]>(
    `[...document.querySelectorAll('.messages a')].map((link) => link.href)`,
  );
  expect(addresses.filter((address) => !/^(https?|mailto):/.test(address))).toEqual([]);
  const opened = await page.evaluate<string[]>(
    `[...document.querySelectorAll('.messages a')].map(({ target, rel }) => target + ' ' + rel)`,
  );
  expect(opened.filter((how) => !/^_blank .*noopener/.test(how))).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(1440);
}

describe.skipIf(!chromiumPath)('an answer with', () => {
  const browser = useBrowser();
  let server: OpenAiServer;
  beforeAll(async () => {
    server = await startOpenAiServer();
  });
  afterAll(() => server?.close());

  it.each(Object.entries(answers))('%s stays text', async (name, text) => {
    server.say(piecesOf(text));
    const page = await browser.open(server.url);
    await sendMessage(page, 'Go');
    const answer = await waitForAnswer(page);
    await expectHarmless(page);
    expect((await answer.textContent())?.length).toBeGreaterThan(20);
    if (name === 'HTML') expect(await answer.textContent()).toContain('<b>not bold</b>');
    if (name === 'links') {
      expect(await answer.locator('a[href="https://example.com/page"]').count()).toBe(1);
      await expectAccessible(page);
    }
    // The page goes on: it takes the next message, and shows the next answer.
    server.say(['And on.']);
    await sendMessage(page, 'Next');
    await page.getByText('And on.').waitFor();
  });
});
