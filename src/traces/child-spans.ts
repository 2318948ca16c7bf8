import type { Period, RemoteCall, RunRecord } from '../runs/run-record.ts';
import type { Attributes } from './attributes.ts';

export interface ChildSpan extends Period {
  readonly name: 'queue' | 'load' | 'prefill' | 'decode' | 'upstream';
  /** What is known of a request to another server. */
  readonly attributes?: Attributes;
  /** Absent = it reached its end. */
  readonly error?: string;
}

/** A shorter wait is only the passing on of a message. In milliseconds. */
const SHORTEST_WAIT_MS = 10;

/**
 * The phases of a run in their order. They lie within the run and do not overlap; between them is our own work, such as
 * writing the prompt.
 */
export function childSpans(record: RunRecord): ChildSpan[] {
  const own = record.remoteCalls ? record.remoteCalls.map(remoteSpan) : computing(record);
  const spans = [...waiting(record), ...own];
  return spans.filter(({ from, to }) => to >= from);
}

function remoteSpan({ upstream, host, model, from, to, error }: RemoteCall): ChildSpan {
  const attributes = {
    'server.address': host,
    'gen_ai.request.model': model,
    'ollama.upstream': upstream,
  };
  return { name: 'upstream', from, to, attributes, ...(error !== undefined && { error }) };
}

function waiting({ times, loads }: RunRecord): ChildSpan[] {
  const { queued, granted, ended } = times;
  if (queued === undefined) return [];
  const granting = granted ?? ended;
  const [first] = loads;
  const last = loads.at(-1);
  if (!first || !last) return [{ name: 'queue', from: queued, to: granting }];
  const spans: ChildSpan[] = [
    { name: 'queue', from: queued, to: first.from },
    ...loads.map((load) => ({ name: 'load' as const, ...load })),
  ];
  // With its model loaded, the run may still wait for a slot.
  if (granting - last.to >= SHORTEST_WAIT_MS) spans.push({ name: 'queue', from: last.to, to: granting });
  return spans;
}

function computing({ times, prefillMs, outcome }: RunRecord): ChildSpan[] {
  const { granted, firstToken, lastToken, ended } = times;
  const isBroken = outcome === 'canceled' || outcome === 'failed' || outcome === 'refused';
  if (granted === undefined) return [];
  // What a broken run was doing when it ended is the last thing that it did.
  if (firstToken === undefined) return isBroken ? [{ name: 'prefill', from: granted, to: ended }] : [];
  const from = prefillMs > 0 ? Math.max(granted, firstToken - prefillMs) : granted;
  const prefill: ChildSpan = { name: 'prefill', from, to: firstToken };
  const decodeEnd = lastToken ?? (isBroken ? ended : undefined);
  return decodeEnd === undefined ? [prefill] : [prefill, { name: 'decode', from: firstToken, to: decodeEnd }];
}
