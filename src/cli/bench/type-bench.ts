/** Measures how fast a model runs with its weights in several types, on temporary copies of it. */
import { OllamaError } from '../../base/errors.ts';
import { ModelName } from '../../names/model-name.ts';
import { isNotFound, unloadModel } from '../commands/unload.ts';
import { median, type StreamTimes } from './bench-figures.ts';
import { type BenchOptions, findLoaded, neededContext } from './bench-run.ts';
import { probe, runTogether } from './bench-stream.ts';

export interface TypeFigures {
  /** As the server names it, for example "Q4_0". */
  readonly type: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Medians in tokens per second. */
  readonly decode: number;
  readonly prefill: number;
  /** Medians of the ratios to the first type within each round. */
  readonly decodeRatio: number;
  readonly prefillRatio: number;
}

export interface TypeBenchReport {
  readonly model: string;
  readonly promptTokens: number;
  readonly types: readonly TypeFigures[];
  /** Whether the server keeps the figures; it does not for a GPU, or when it is on another machine. */
  readonly isKept: boolean;
}

/** Receives the sentences that the server says about a conversion. */
type OnNote = (text: string) => void;

interface Copy {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly times: StreamTimes[];
}

/** Namespace of the temporary models. They are removed at the end; those of a killed benchmark at the next start. */
const NAMESPACE = 'bench-types';
/** Types that one run compares; each needs disk space for a copy of the model. */
const MAX_TYPES = 12;

/** @throws OllamaError `invalid-request` that names the flag */
export function readTypes(text: string): string[] {
  const types = [...new Set(text.split(',').map((type) => type.trim().toUpperCase()))].filter(Boolean);
  if (types.length === 0)
    throw new OllamaError('invalid-request', '--types: name at least one type, such as q4_0,q4_K_M,q8_0');
  if (types.length > MAX_TYPES)
    throw new OllamaError('invalid-request', `--types: at most ${MAX_TYPES} types at a time`);
  return types;
}

/** Converts the model into each type, measures the copies in turn, and removes them, whatever happens. */
export async function runTypeBench(
  options: BenchOptions,
  types: readonly string[],
  onNote: OnNote,
): Promise<TypeBenchReport> {
  const names = new Map(types.map((type) => [type, copyName(options.model, type)]));
  try {
    for (const name of names.values()) await removeCopy(options, name);
    const copies: Copy[] = [];
    for (const [type, name] of names) copies.push(await makeCopy(options, { type, name }, onNote));
    const promptTokens = await measure(options, copies);
    const figures = figuresOfTypes(copies);
    return {
      model: options.model,
      promptTokens,
      types: figures,
      isKept: await keep(options, copies, figures, onNote),
    };
  } finally {
    for (const name of names.values()) await removeCopy(options, name);
  }
}

function copyName(model: string, type: string): string {
  const { model: base } = ModelName.parse(model);
  return `${NAMESPACE}/${base}:${type.toLowerCase()}`;
}

async function makeCopy(
  { client, model, signal, onStep }: BenchOptions,
  { type, name }: { type: string; name: string },
  onNote: OnNote,
): Promise<Copy> {
  onStep(`converting ${model} to ${type}`);
  const request = { model: name, from: model, quantize: type, requantize: true };
  for await (const { status } of client.create(request, signal)) {
    if (status.startsWith('warning: ') && status.includes('rounded')) onNote(status);
  }
  const { models } = await client.list();
  const size = models.find((found) => ModelName.parse(found.name).equals(ModelName.parse(name)))?.size ?? 0;
  return { name, type, size, times: [] };
}

/** Rounds in which every copy answers once; the order is reversed each time. @returns the tokens of a prompt */
async function measure(options: BenchOptions, copies: readonly Copy[]): Promise<number> {
  const { plan, onStep } = options;
  const [first] = copies;
  const context = first && (await neededContext({ ...options, model: first.name }));
  let words = plan.promptTokens;
  for (const { name } of copies) {
    const target = { ...options, model: name };
    words = Math.max(1, Math.round(plan.promptTokens * (await probe(target, plan.promptTokens, context))));
  }
  for (let round = 1; round <= plan.repeat; round++) {
    for (const { name, type, times } of round % 2 === 1 ? copies : [...copies].reverse()) {
      onStep(`${type}, run ${round} of ${plan.repeat}`);
      const request = { streams: 1, words, tokens: plan.tokens, context };
      times.push(...(await runTogether({ ...options, model: name }, request)));
    }
  }
  return first?.times[0]?.promptTokens ?? 0;
}

const decodeRate = ({ tokens, time }: StreamTimes) => (time > 0 ? tokens / time : 0);
const prefillRate = ({ promptTokens, promptTime }: StreamTimes) =>
  promptTime > 0 ? promptTokens / promptTime : 0;

/** @param copies with as many runs each */
export function figuresOfTypes(copies: readonly Omit<Copy, 'name'>[]): TypeFigures[] {
  const [first] = copies;
  return copies.map(({ type, size, times }) => {
    const ratio = (rate: (run: StreamTimes) => number) =>
      median(
        times.flatMap((run, round) => {
          const base = first?.times[round];
          return base && rate(base) > 0 ? [rate(run) / rate(base)] : [];
        }),
      );
    return {
      type,
      size,
      decode: median(times.map(decodeRate)),
      prefill: median(times.map(prefillRate)),
      decodeRatio: ratio(decodeRate),
      prefillRatio: ratio(prefillRate),
    };
  });
}

/** Lets the server keep the figures, so that `-q auto` and `show` use them. */
async function keep(
  options: BenchOptions,
  copies: readonly Copy[],
  figures: readonly TypeFigures[],
  onNote: OnNote,
): Promise<boolean> {
  const { client, model } = options;
  const last = copies.at(options.plan.repeat % 2 === 1 ? -1 : 0);
  if (last && (await findLoaded({ ...options, model: last.name })).size_vram > 0) {
    onNote('the model runs on a GPU, where the type matters less: the figures are not kept for "auto"');
    return false;
  }
  const types = figures
    .filter(({ decode, prefill }) => decode > 0 && prefill > 0)
    .map(({ type, decode, prefill }) => ({ type, decode, prefill }));
  try {
    await client.keepTypeSpeeds({ model, types });
    return true;
  } catch (error) {
    if (!(error instanceof OllamaError)) throw error;
    onNote(`the server does not keep the figures for "auto": ${error.message}`);
    return false;
  }
}

async function removeCopy({ client }: BenchOptions, name: string): Promise<void> {
  try {
    await unloadModel(client, name);
    await client.delete(name);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
