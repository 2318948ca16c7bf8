/** Whether the server answers. When it does not, the page asks again until it does. */
import { signal } from '@preact/signals';
import { ApiError, request } from '../api/http.ts';
import { refreshModels } from '../models/model-list.ts';

const FIRST_WAIT_MS = 1000;
/** A server that is started again is noticed soon, and one that is off costs next to nothing. */
const LONGEST_WAIT_MS = 10_000;

export const isConnected = signal(true);
let timer: ReturnType<typeof setTimeout> | undefined;

/** Notes that a request got no reply. */
export function noteLostConnection(): void {
  if (!isConnected.value) return;
  isConnected.value = false;
  tryAgain(FIRST_WAIT_MS);
}

/** Asks now and does not wait for the next time. */
export function reconnect(): void {
  clearTimeout(timer);
  void ask(FIRST_WAIT_MS);
}

function tryAgain(wait: number): void {
  timer = setTimeout(() => void ask(Math.min(wait * 2, LONGEST_WAIT_MS)), wait);
}

async function ask(nextWait: number): Promise<void> {
  try {
    await request('/api/version');
  } catch (error) {
    if (error instanceof ApiError && error.status === 0) return tryAgain(nextWait);
    // Any other reply comes from a server that is there.
  }
  isConnected.value = true;
  void refreshModels();
}
