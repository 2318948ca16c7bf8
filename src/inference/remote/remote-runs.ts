/** Runs requests on upstreams, from request to native chunks: what `Inference` does on the models here. */
import type { RunLimits } from '../../access/limits/run-limits.ts';
import type { ChunkFields } from '../../api/common.ts';
import { parseKeepAlive } from '../../api/keep-alive.ts';
import { AsyncQueue } from '../../base/async-queue.ts';
import { isCancellation, messageOf, OllamaError } from '../../base/errors.ts';
import type { RemoteCall } from '../../runs/run-record.ts';
import { askForAnswer, type BegunAnswer } from '../../upstreams/asking/ask.ts';
import type { AnswerPart, AskedRun } from '../../upstreams/dialects/dialect.ts';
import type { Candidate, RemoteRoute } from '../../upstreams/routing/upstreams.ts';
import type { Caller } from '../caller.ts';
import { requireLoad, requireTools } from '../caller-rights.ts';
import type { ChunkWriter } from '../completion/chunk-writer.ts';
import type { RunNotices } from '../completion/completion-run.ts';
import { guessedPromptTokens } from '../limiting/guessed-tokens.ts';
import { RunAllowance } from '../limiting/run-allowance.ts';
import { type Observing, RunWatch } from '../observing/run-watch.ts';
import { type Answering, type AskerParts, firstAnswer } from './remote-asker.ts';
import { lastChunk, mergedParts, type RemoteTimes, remoteTimings, withinCalls } from './remote-chunks.ts';

export interface RemoteParts extends AskerParts, Observing {
  /** The limits of API keys; absent = no key has any. */
  readonly limits?: Pick<RunLimits, 'enter'>;
}

/** Characters of an answer that a client may leave unread, as of answers from here. */
const MAX_UNREAD_CHARACTERS = 16 * 1024 * 1024;
/** What an answer without a limit is taken to need of its key's limits: few answers are longer. */
const USUAL_ANSWER_TOKENS = 8192;

export interface RemoteRun<Text extends object> {
  readonly asked: AskedRun;
  readonly route: RemoteRoute;
  /** As clients call the model. */
  readonly name: string;
  readonly writer: (candidate: Candidate | undefined) => ChunkWriter<Text>;
  readonly caller: Caller;
  readonly notices: RunNotices;
  /** Runs it here, if no upstream can; absent = it cannot run here. */
  readonly otherwise?: (() => AsyncGenerator<ChunkFields & Text, void, undefined>) | undefined;
}

interface RunState {
  readonly watch: RunWatch;
  readonly allowance: RunAllowance;
  readonly started: number;
}

export class RemoteRuns {
  readonly #parts: RemoteParts;

  constructor(parts: RemoteParts) {
    this.#parts = parts;
  }

  /** As `Inference.chat`: an error before the first chunk determines the status of the reply. */
  async *run<Text extends object>(run: RemoteRun<Text>): AsyncGenerator<ChunkFields & Text, void, undefined> {
    const { asked, caller } = run;
    const watch = new RunWatch({ kind: asked.kind, caller, request: asked.request }, this.#parts);
    const allowance = new RunAllowance(this.#parts.limits, caller);
    let hasBegun = false;
    try {
      for await (const chunk of this.#watched(run, { watch, allowance, started: performance.now() })) {
        hasBegun = true;
        yield chunk;
      }
    } catch (error) {
      if (run.otherwise && !hasBegun && isOfUpstream(error)) {
        watch.moved();
        allowance.end(0);
        this.#parts.logger.warn('the model runs here, since no upstream answers', {
          model: run.name,
          reason: messageOf(error),
        });
        yield* run.otherwise();
        return;
      }
      watch.failed(error);
      throw error;
    } finally {
      // Only the end of an answer tells its tokens, so those of one that was broken off are guessed.
      allowance.end(hasBegun ? guessedPromptTokens(asked.request) + watch.usedTokens : 0);
      watch.end();
    }
  }

  async *#watched<Text extends object>(
    run: RemoteRun<Text>,
    state: RunState,
  ): AsyncGenerator<ChunkFields & Text, void, undefined> {
    const { asked, route, caller, notices } = run;
    const { watch, allowance } = state;
    requireTools(asked.request, caller.key);
    watch.found(listedAs(run));
    if (isEmpty(asked)) {
      const outcome = parseKeepAlive(asked.request.keep_alive) === 0 ? 'unload' : 'load';
      if (outcome === 'unload') requireLoad(caller.key);
      watch.done(outcome);
      yield run.writer(route.candidates[0]).empty(outcome);
      return;
    }
    if (asked.request._debug_render_only) throw unrendered(run);
    watch.asked(askedFields(asked, caller));
    const limited = await withinLimits(asked, allowance, notices);
    watch.queued();
    const answering = await firstAnswer(this.#parts, {
      candidates: route.candidates,
      name: run.name,
      caller,
      ask: async (candidate, { dialect, to, ask }) => {
        const call = dialect.run(limited, to);
        const answer = await askForAnswer(candidate.upstream, call, ask);
        if ('result' in answer) {
          for (const part of [...call.ignored, ...answer.result.ignored]) notices.ignored?.(part);
          if (call.answerLimit !== undefined) notices.answerLimited?.(call.answerLimit);
        }
        return answer;
      },
      onCall: (call: RemoteCall) => watch.called(call),
    });
    watch.found(run.name);
    watch.granted(undefined);
    yield* this.#chunks(run, state, answering);
  }

  /** Reads on however slowly the client does, so that nobody occupies a place by not reading. */
  async *#chunks<Text extends object>(
    run: RemoteRun<Text>,
    { watch, allowance, started }: RunState,
    answering: Answering<BegunAnswer>,
  ): AsyncGenerator<ChunkFields & Text, void, undefined> {
    const { request } = run.asked;
    const writer = run.writer(answering.candidate);
    const most = 'parallel_tool_calls' in request && request.parallel_tool_calls === false ? 1 : Infinity;
    let [calls, firstToken] = [0, 0];
    const parts = readAhead(answering, () => watch.text());
    try {
      for await (const given of parts) {
        const part = withinCalls(given, calls, most);
        firstToken ||= performance.now();
        if (part.type === 'text') {
          calls += part.calls.length;
          watch.said(part);
          if (!isSilent(part)) yield writer.part(part, part.logprobs);
          continue;
        }
        const times: RemoteTimes = {
          started,
          granted: answering.granted,
          firstToken,
          ended: performance.now(),
        };
        const timings = remoteTimings(part, times);
        // Limits hold for upstreams too that tell no usage.
        const prompt = timings.promptTokens || guessedPromptTokens(request);
        allowance.end(prompt + (timings.completionTokens || watch.usedTokens));
        watch.completed(part.reason, timings);
        run.notices.promptTokens?.(timings.promptTokens);
        yield lastChunk(writer, part, { times, timings, isVerbose: request.verbose_metrics === true });
      }
    } finally {
      await parts.return?.();
    }
  }
}

function isSilent({ content, thinking, calls, logprobs }: Extract<AnswerPart, { type: 'text' }>): boolean {
  return content === '' && thinking === '' && calls.length === 0 && logprobs === undefined;
}

function readAhead(
  { result, end }: Answering<BegunAnswer>,
  onText: () => void,
): AsyncIterableIterator<AnswerPart, undefined> {
  const leave = () => {
    isLeft = true;
    // The connection is closed, which tells the upstream.
    if (!isOver) result.stop();
  };
  const onFull = () => {
    queue.fail(new OllamaError('canceled', 'the reply was not read, so its completion was ended'));
    leave();
  };
  const queue = new AsyncQueue<AnswerPart>(mergedParts, { weigh, max: MAX_UNREAD_CHARACTERS, onFull });
  let [isLeft, isOver] = [false, false];
  const take = (part: AnswerPart) => {
    if (part.type === 'text') onText();
    queue.push(part);
  };
  const pump = async () => {
    try {
      take(result.first);
      for await (const part of result.rest) take(part);
      end('answered');
      queue.end();
    } catch (error) {
      const isTheirs = error instanceof OllamaError && !isCancellation(error) && !isLeft;
      end(isTheirs ? { error } : 'canceled');
      queue.fail(error);
    } finally {
      isOver = true;
    }
  };
  void pump();
  const unread = queue[Symbol.asyncIterator]();
  const parts: AsyncIterableIterator<AnswerPart, undefined> = {
    next: () => unread.next(),
    return: async () => {
      leave();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]: () => parts,
  };
  return parts;
}

function weigh(part: AnswerPart): number {
  return part.type === 'end' ? 0 : part.content.length + part.thinking.length;
}

/** Of names that only match a pattern, anybody may invent as many as they like: they count once they were answered. */
function listedAs({ route, name }: Pick<RemoteRun<object>, 'route' | 'name'>): string {
  const [first] = route.candidates;
  return first?.isPattern ? first.listed : name;
}

function isEmpty({ kind, request }: AskedRun): boolean {
  return kind === 'chat' ? !request.messages?.length : !request.prompt && !request.images?.length;
}

function unrendered({ name, route }: Pick<RemoteRun<object>, 'name' | 'route'>): OllamaError {
  const upstream = route.candidates[0]?.upstream.name ?? '';
  return new OllamaError(
    'invalid-request',
    `the prompt of '${name}' is written by the upstream "${upstream}": it cannot be rendered or counted here`,
  );
}

/** The run with as many tokens of an answer as the limits of its key allow. */
async function withinLimits(
  asked: AskedRun,
  allowance: RunAllowance,
  notices: RunNotices,
): Promise<AskedRun> {
  const { request } = asked;
  const wanted = request.options?.num_predict ?? 0;
  const isExplicit = wanted > 0;
  const need = () => ({
    prompt: guessedPromptTokens(request),
    answer: isExplicit ? wanted : USUAL_ANSWER_TOKENS,
    isExplicit,
  });
  await allowance.enter(need);
  if (!allowance.countsTokens) return asked;
  const room = allowance.reserve(need());
  if (isExplicit && room >= wanted) return asked;
  notices.answerLimited?.(room);
  const options = { ...request.options, num_predict: room };
  return { ...asked, request: { ...request, options } } as AskedRun;
}

function askedFields({ request }: AskedRun, { origin }: Caller) {
  const { num_predict: maxTokens, temperature, top_p: topP, top_k: topK, seed } = request.options ?? {};
  const isStream = origin?.isStream ?? request.stream;
  return {
    ...(isStream !== undefined && { stream: isStream }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && { topK }),
    ...(seed !== undefined && { seed }),
    ...(request.format ? { outputType: 'json' as const } : {}),
  };
}

/** Whether an error says that upstreams cannot answer, and not that the request is wrong. */
function isOfUpstream(error: unknown): boolean {
  if (!(error instanceof OllamaError)) return false;
  if (error.code === 'upstream' || error.code === 'busy') return true;
  return error.message.startsWith('upstream "') && ['rate-limited', 'not-found'].includes(error.code);
}
