/** A reply of the server that a section shows. */
import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ApiError, request } from '../api/http.ts';

export type Fetched<Reply> =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly reply: Reply }
  | { readonly state: 'failed'; readonly problem: string };

/** Asks for a path when the section opens and when the path changes. @returns the reply, and a function that asks again */
export function useFetched<Reply>(path: string, isAllowed: boolean): [Signal<Fetched<Reply>>, () => void] {
  const fetched = useSignal<Fetched<Reply>>({ state: 'loading' });
  const ask = () => {
    const abort = new AbortController();
    void read(path, fetched, abort.signal);
    return () => abort.abort();
  };
  useEffect(() => (isAllowed ? ask() : undefined), [path, isAllowed]);
  return [fetched, ask];
}

async function read<Reply>(
  path: string,
  fetched: Signal<Fetched<Reply>>,
  signal: AbortSignal,
): Promise<void> {
  try {
    fetched.value = { state: 'ready', reply: await request<Reply>(path, { signal }) };
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof ApiError)) throw error;
    fetched.value = { state: 'failed', problem: error.message };
  }
}
