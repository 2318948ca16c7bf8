/**
 * Shows what changes often: at most ten times a second, and less often where showing it is expensive, so that it takes a
 * small part of a processor however fast text arrives. Hidden tabs get no frames; there a timer does the work.
 */

/** Between two showings, at least this many times the duration of the last one. */
const REST_PER_WORK = 16;
const MIN_REST_MS = 100;
const HIDDEN_REST_MS = 500;

export interface Painter {
  /** Asks for a showing, soon. */
  request(): void;
  /** Takes back what was asked for. */
  cancel(): void;
}

export function painter(show: () => void): Painter {
  let isAsked = false;
  let notBefore = 0;
  const run = () => {
    if (!isAsked) return;
    isAsked = false;
    const from = performance.now();
    show();
    const now = performance.now();
    notBefore = now + Math.max(MIN_REST_MS, (now - from) * REST_PER_WORK);
  };
  const wait = () => {
    if (!isAsked) return;
    if (document.hidden) setTimeout(run, HIDDEN_REST_MS);
    else if (performance.now() < notBefore) setTimeout(wait, notBefore - performance.now());
    else requestAnimationFrame(run);
  };
  return {
    request() {
      if (isAsked) return;
      isAsked = true;
      wait();
    },
    cancel() {
      isAsked = false;
    },
  };
}
