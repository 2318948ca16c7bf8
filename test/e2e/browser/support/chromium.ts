/** Where Chromium is on this machine. Tests in a browser are skipped without it; where CI=true they fail. */
import { findChromium } from '../../../../scripts/page-browser.mjs';
import { prerequisite } from '../../../fakes/prerequisites.ts';

/**
 * The Chromium that tests use; undefined if there is none.
 * @throws Error where CI=true and there is none
 */
export const chromiumPath: string | undefined = prerequisite('chromium', findChromium());
