/** Runs once for all tests in a browser: says plainly when there is no browser to test with. */
import { findChromium } from '../../../../scripts/page-browser.mjs';

export function setup(): void {
  if (findChromium() !== undefined) return;
  process.stdout.write('Chromium is missing, so the tests of the web page in a browser are skipped\n');
}
