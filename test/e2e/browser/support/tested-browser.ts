import { type Browser, type BrowserContext, type ConsoleMessage, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { chromiumPath } from './chromium.ts';

interface OpenOptions {
  /** Pixels; default 1440 by 900. */
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
  /** The language of the browser, such as `de-DE`; default `en-US`. */
  readonly language?: string;
  /** A further tab of the browser that has this one; absent = a browser that was never here. */
  readonly beside?: Page;
}

export interface TestedBrowser {
  /** Opens an address. */
  open(url: string, options?: OpenOptions): Promise<Page>;
  /** Accepts errors whose text matches, for the rest of the running test: those that it causes on purpose. */
  allow(pattern: RegExp): void;
}

/** Errors, violations of the policy and foreign addresses in the pages of one test. */
class Findings {
  readonly problems: string[] = [];
  readonly foreign: string[] = [];
  readonly allowed: RegExp[] = [];

  async watch(context: BrowserContext): Promise<void> {
    await context.addInitScript(
      "addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))",
    );
    context.on('console', (message) => this.#note(message));
    context.on('weberror', (error) => void this.problems.push(`error: ${error.error().stack}`));
    context.on('request', (request) => {
      const page = request.frame().page().url();
      if (!/^https?:/.test(request.url()) || !/^https?:/.test(page)) return;
      if (new URL(request.url()).origin !== new URL(page).origin) this.foreign.push(request.url());
    });
  }

  #note(message: ConsoleMessage): void {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    const { url } = message.location();
    this.problems.push(`${message.type()}: ${message.text()} (${url})`);
  }

  /** Fails on everything that the test did not allow. */
  judge(): void {
    const unexpected = this.problems.filter((problem) => !this.allowed.some((one) => one.test(problem)));
    expect(unexpected, 'errors in the browser').toEqual([]);
    expect(this.foreign, 'requests to other servers').toEqual([]);
  }
}

/**
 * One Chromium for the tests of a file. Each test fails on errors in the console, exceptions, violations of the
 * Content-Security-Policy, and requests to other servers. Call it in a `describe` that is skipped without Chromium
 * (`describe.skipIf(!chromiumPath)`).
 */
export function useBrowser(): TestedBrowser {
  let browser: Browser;
  let findings = new Findings();
  const contexts: BrowserContext[] = [];
  beforeAll(async () => {
    // Chromium refuses to run as root with its own sandbox, as in containers.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args });
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    const ended = findings;
    findings = new Findings();
    for (const context of contexts.splice(0)) await context.close();
    ended.judge();
  });
  const contextFor = async ({ beside, ...options }: OpenOptions) => {
    if (beside) return beside.context();
    const { width = 1440, height = 900, scheme = 'light', language = 'en-US' } = options;
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: scheme,
      locale: language,
    });
    contexts.push(context);
    await findings.watch(context);
    return context;
  };
  return {
    open: async (url, options = {}) => {
      const page = await (await contextFor(options)).newPage();
      await page.goto(url);
      return page;
    },
    allow: (pattern) => void findings.allowed.push(pattern),
  };
}
