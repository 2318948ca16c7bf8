/** Asks the upstreams that can answer a request, one after another, until one of them does. */
import type { Clock } from '../../base/clock.ts';
import { isCancellation, OllamaError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { RemoteCall } from '../../runs/run-record.ts';
import type { Asked, AskParts } from '../../upstreams/asking/ask.ts';
import { dialects } from '../../upstreams/asking/dialects.ts';
import type { Addressee, Dialect } from '../../upstreams/dialects/dialect.ts';
import type { Candidate, Upstreams } from '../../upstreams/routing/upstreams.ts';
import type { Caller } from '../caller.ts';

export interface AskerParts {
  readonly upstreams: Pick<Upstreams, 'enter' | 'leave'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly userAgent: string;
}

/** How one upstream is asked. */
type Ask<Result> = (
  candidate: Candidate,
  how: { readonly dialect: Dialect; readonly to: Addressee; readonly ask: AskParts },
) => Promise<Asked<Result>>;

/** An upstream that answers. Call `end` once. */
export interface Answering<Result> {
  readonly candidate: Candidate;
  readonly result: Result;
  /** `performance.now()` when the place was there. */
  readonly granted: number;
  end(outcome: 'answered' | 'canceled' | { readonly error: OllamaError }): void;
}

interface AskedUpstreams<Result> {
  readonly candidates: readonly Candidate[];
  /** As clients call the model. */
  readonly name: string;
  readonly caller: Caller;
  readonly ask: Ask<Result>;
  /** Is told of each upstream that was asked in vain, and of the one that answers. */
  readonly onCall: (call: RemoteCall) => void;
}

/** @throws OllamaError the failure of the last one that was asked; `busy`; `canceled`; what `ask` throws */
export async function firstAnswer<Result>(
  { upstreams, clock, logger, userAgent }: AskerParts,
  { candidates, name, caller, ask, onCall }: AskedUpstreams<Result>,
): Promise<Answering<Result>> {
  let left = candidates;
  let failure: OllamaError | undefined;
  const parts = { signal: caller.signal, clock, userAgent, trace: caller.origin?.trace };
  for (;;) {
    const candidate = await placeAt(left, failure, { upstreams, signal: caller.signal });
    const { upstream, target } = candidate;
    const { settings, connection } = upstream;
    const granted = performance.now();
    const to = {
      upstream: upstream.name,
      model: target,
      extensions: settings.extensions,
      host: connection.host,
    };
    const call = { upstream: upstream.name, host: connection.host, model: target, from: granted };
    let asked: Asked<Result>;
    try {
      caller.requireKey?.();
      asked = await ask(candidate, { dialect: dialects[settings.kind], to, ask: parts });
    } catch (error) {
      // A request that cannot be passed on was not sent.
      if (isCancellation(error)) upstream.canceled();
      else upstream.breaker.ended();
      upstreams.leave(candidate);
      throw error;
    }
    if ('result' in asked) {
      upstream.use(name, target);
      return {
        candidate,
        result: asked.result,
        granted,
        end: ending({ candidate, upstreams, call, onCall }),
      };
    }
    const { failure: refused } = asked;
    onCall({ ...call, to: performance.now(), error: refused.error.message });
    upstream.failed(refused);
    upstreams.leave(candidate);
    left = left.filter((other) => other !== candidate);
    failure = refused.error;
    if (!refused.mayRetry || left.length === 0) throw failure;
    logger.warn('another upstream is asked', { upstream: upstream.name, reason: failure.message });
  }
}

/** The last failure says more than that the others are out of use. */
async function placeAt(
  candidates: readonly Candidate[],
  failure: OllamaError | undefined,
  { upstreams, signal }: { upstreams: AskerParts['upstreams']; signal: AbortSignal },
): Promise<Candidate> {
  try {
    return await upstreams.enter(candidates, signal);
  } catch (error) {
    throw failure && error instanceof OllamaError && error.code === 'busy' ? failure : error;
  }
}

function ending({
  candidate,
  upstreams,
  call,
  onCall,
}: {
  candidate: Candidate;
  upstreams: AskerParts['upstreams'];
  call: Omit<RemoteCall, 'to'>;
  onCall: (call: RemoteCall) => void;
}): Answering<unknown>['end'] {
  let isOver = false;
  const { upstream } = candidate;
  return (outcome) => {
    if (isOver) return;
    isOver = true;
    const error = typeof outcome === 'object' ? outcome.error : undefined;
    onCall({ ...call, to: performance.now(), ...(error && { error: error.message }) });
    if (error) upstream.failed({ error, mayRetry: false, isFault: true });
    else if (outcome === 'canceled') upstream.canceled();
    else {
      upstream.results.answered++;
      upstream.works();
    }
    upstreams.leave(candidate);
  };
}
