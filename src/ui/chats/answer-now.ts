/** Ends the thinking of a running answer. */
import { ApiError, request } from '../api/http.ts';
import { notify } from '../app/notices.tsx';
import type { Run } from './runs.ts';

export async function answerNow({ requestId }: Run): Promise<void> {
  if (requestId.value === undefined) return;
  try {
    await request(`/api/runs/${encodeURIComponent(requestId.value)}/answer`, { method: 'POST' });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    notify(error.message, 'problem');
  }
}
