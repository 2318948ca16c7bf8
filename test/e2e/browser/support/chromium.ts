/** Where Chromium is on this machine. Tests in a browser are skipped without it; where CI=true they fail. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { prerequisite } from '../../../fakes/prerequisites.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** Where browsers lie on systems that do not put them on the path. */
const elsewhere = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** @returns the path of a Chromium or Chrome, or undefined */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...onPath, ...elsewhere].find((path) => existsSync(path));
}

/**
 * The Chromium that tests use; undefined if there is none.
 * @throws Error where CI=true and there is none
 */
export const chromiumPath: string | undefined = prerequisite('chromium', findChromium());
