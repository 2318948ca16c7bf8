/** Runs each request where its model is: here, or at an upstream. */
import { requireModel } from '../../access/require-model.ts';
import type { ChatRequest, ChatResponse } from '../../api/chat.ts';
import type { ChunkFields, Message } from '../../api/common.ts';
import type { GenerateRequest, GenerateResponse } from '../../api/generate.ts';
import { OllamaError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { type RemoteModel, RemoteModelError } from '../../models/remote/remote-model.ts';
import type { AskedRun } from '../../upstreams/dialects/dialect.ts';
import { chooseWay } from '../../upstreams/routing/overflow.ts';
import type { RemoteRoute } from '../../upstreams/routing/upstreams.ts';
import type { Caller } from '../caller.ts';
import {
  type ChunkWriter,
  chatWriter,
  generateWriter,
  type RemoteFields,
} from '../completion/chunk-writer.ts';
import type { RunNotices } from '../completion/completion-run.ts';
import type { GenerateExtras } from '../completion/run-plan.ts';
import type { Inference } from '../inference.ts';
import type { LocalFacts } from './local-facts.ts';
import { orElsewhere } from './or-elsewhere.ts';
import { type LocalStart, overflowing } from './overflowing.ts';
import { remoteFields } from './remote-fields.ts';
import type { RemoteName, RemoteNames } from './remote-names.ts';
import type { RemoteRuns } from './remote-runs.ts';

export interface RoutedParts {
  readonly local: Pick<Inference, 'generate' | 'chat' | 'answerNow'>;
  readonly runs: RemoteRuns;
  readonly names: RemoteNames;
  readonly facts: Pick<LocalFacts, 'of'>;
  readonly logger: Logger;
}

type Chunks<Text extends object> = AsyncGenerator<ChunkFields & Text, void, undefined>;

/** What chat and generate differ in. */
interface Form<Text extends object> {
  readonly asked: AskedRun;
  readonly writer: (name: string, remote: RemoteFields | undefined) => ChunkWriter<Text>;
  readonly local: LocalStart<ChunkFields & Text>;
  readonly notices: RunNotices;
  readonly extras: GenerateExtras;
}

export class RoutedInference implements Pick<Inference, 'generate' | 'chat' | 'answerNow'> {
  readonly #parts: RoutedParts;

  constructor(parts: RoutedParts) {
    this.#parts = parts;
  }

  generate(
    request: GenerateRequest,
    caller: Caller,
    notices: RunNotices = {},
    extras: GenerateExtras = {},
  ): AsyncGenerator<GenerateResponse, void, undefined> {
    return this.#run(request.model ?? '', caller, {
      asked: { kind: 'generate', request },
      writer: (name, remote) => generateWriter(name, request.raw === true, remote),
      local: (own, told) => this.#parts.local.generate(request, own, told, extras),
      ...{ notices, extras },
    });
  }

  chat(
    request: ChatRequest,
    caller: Caller,
    notices: RunNotices = {},
  ): AsyncGenerator<ChatResponse, void, undefined> {
    return this.#run(request.model ?? '', caller, {
      asked: { kind: 'chat', request },
      writer: (name, remote) => chatWriter(name, remote),
      local: (own, told) => this.#parts.local.chat(request, own, told),
      ...{ notices, extras: {} },
    });
  }

  answerNow(...asked: Parameters<Inference['answerNow']>): boolean {
    return this.#parts.local.answerNow(...asked);
  }

  #run<Text extends object>(name: string, caller: Caller, form: Form<Text>): Chunks<Text> {
    const found = this.#parts.names.find(name);
    if (!found) return this.#here(name, caller, form);
    return this.#configured(found, caller, form);
  }

  /** A model of the store, which may stand for one elsewhere. */
  #here<Text extends object>(name: string, caller: Caller, form: Form<Text>): Chunks<Text> {
    const movesOn = (error: unknown) => error instanceof RemoteModelError;
    return orElsewhere(form.local({ ...caller, movesOn }, form.notices), (error) =>
      error instanceof RemoteModelError ? this.#stored(name, error.remote, caller, form) : undefined,
    );
  }

  async *#stored<Text extends object>(
    name: string,
    remote: RemoteModel,
    caller: Caller,
    form: Form<Text>,
  ): Chunks<Text> {
    const route = this.#parts.names.stored(remote);
    const asked = withOptions(withTexts(form.asked, remote), remote.parameters);
    yield* this.#remote({ name, route, options: {} }, caller, { ...form, asked });
  }

  async *#configured<Text extends object>(found: RemoteName, caller: Caller, form: Form<Text>): Chunks<Text> {
    const asked = withOptions(form.asked, found.options);
    const own = { ...form, asked };
    const name = form.asked.request.model ?? '';
    requireModel(caller.key, name);
    const { overflowMs } = found.route;
    if (overflowMs === undefined) {
      yield* this.#remote(found, caller, own);
      return;
    }
    const facts = await this.#parts.facts.of(name, form.asked.request.options, caller);
    const way = chooseWay(facts, overflowMs);
    const here = () => form.local(caller, form.notices);
    if (way.to === 'upstream') {
      this.#parts.logger.debug('request goes to an upstream', { model: name, reason: way.reason });
      yield* this.#remote(found, caller, own, facts.isStored ? here : undefined);
      return;
    }
    const isFree = () => found.route.candidates.some(({ upstream }) => upstream.isFree);
    const there = () => this.#remote(found, caller, own, here);
    yield* overflowing({ local: form.local, there, isFree, overflowMs, caller, notices: form.notices });
  }

  #remote<Text extends object>(
    { name, route }: Pick<RemoteName, 'name' | 'route' | 'options'>,
    caller: Caller,
    { asked, writer, notices, extras }: Form<Text>,
    otherwise?: () => Chunks<Text>,
  ): Chunks<Text> {
    requireText(extras, route);
    const shown = asked.request.model ?? name;
    return this.#parts.runs.run({
      ...{ asked, route, name, caller, notices, otherwise },
      writer: (candidate) => writer(shown, candidate && remoteFields(candidate)),
    });
  }
}

function requireText({ promptTokens, promptLogprobs }: GenerateExtras, route: RemoteRoute): void {
  if (promptTokens === undefined && promptLogprobs === undefined) return;
  const upstream = route.candidates[0]?.upstream.name ?? '';
  throw new OllamaError(
    'invalid-request',
    `field "prompt": the upstream "${upstream}" is asked neither with tokens nor for those of the prompt: send a text, and no "echo" with "logprobs"`,
  );
}

/** Options of the config file, or of a stored model, below those of the request. */
function withOptions(asked: AskedRun, options: object): AskedRun {
  if (Object.keys(options).length === 0) return asked;
  const request = { ...asked.request, options: { ...options, ...asked.request.options } };
  return { ...asked, request } as AskedRun;
}

/** The system text and the first messages of a stored model, where the request has none of its own. */
function withTexts(asked: AskedRun, { system, messages }: RemoteModel): AskedRun {
  if (asked.kind === 'generate') {
    const { request } = asked;
    const isOwn = request.system !== undefined || request.raw === true || system === '';
    return isOwn ? asked : { ...asked, request: { ...request, system } };
  }
  const given = asked.request.messages ?? [];
  if (given.length === 0) return asked;
  const first: Message[] =
    system === '' || given.some(({ role }) => role === 'system') ? [] : [{ role: 'system', content: system }];
  return { ...asked, request: { ...asked.request, messages: [...first, ...messages, ...given] } };
}
