import { programOf } from '../../base/program/programs.ts';
import type { Work, WorkerPool } from '../../workers/worker-pool.ts';
import type { FormatSource } from '../format/format-source.ts';
import type { ChatTaskInput, ChatTaskName, ChatTaskResult } from './chat-tasks.ts';

/** For whom a task is done. */
export interface WorkOrder {
  /** Owners take turns at the workers. */
  readonly owner: string;
  readonly signal?: AbortSignal | undefined;
  /** What is kept of a text is used for orders with the same salt only; absent = for all others without one. */
  readonly salt?: string | undefined;
}

/** Runs chat tasks somewhere, with the errors of the tasks. */
export type ChatWork = <Name extends ChatTaskName>(
  name: Name,
  input: ChatTaskInput<Name>,
  order: WorkOrder,
) => Promise<ChatTaskResult<Name>>;

/** The program of the workers. */
export const chatWorkerProgram = programOf('chat-worker');

/**
 * Templates end themselves after two seconds (`jinja-templates.ts`). Only a single call of the JavaScript engine may take
 * longer; a worker that is still busy after this time is killed.
 */
const LIMIT_MS = 8000;

/**
 * Schemas and grammars count their work instead (`budget.ts`): up to two seconds of a processor. The limit is so much longer
 * that a busy machine refuses nothing that an idle one accepts.
 */
const GRAMMAR_LIMIT_MS = 30_000;

interface TaskFacts<Name extends ChatTaskName> {
  /** What exceeds a limit, and whose fault that is. */
  readonly about: (input: ChatTaskInput<Name>) => Pick<Work, 'subject' | 'blame'>;
  /** By which the same work is recognized. */
  readonly identity: (input: ChatTaskInput<Name>) => unknown;
  /** Milliseconds after which the worker is killed; `LIMIT_MS` if absent. */
  readonly limitMs?: number;
}

const ofRequest = (subject: string) => ({ subject, blame: 'invalid-request' }) as const;

const ofFormat = ({ from }: FormatSource) =>
  from === 'request'
    ? ofRequest('"template"')
    : ({ subject: "the model's template", blame: 'internal' } as const);

/** A template of a request is refused with all messages; a model's own, which others use as well, only with the same ones. */
const renderIdentity = (input: { readonly format: FormatSource }) =>
  input.format.from === 'request' ? input.format.text : input;

const taskFacts: { readonly [Name in ChatTaskName]: TaskFacts<Name> } = {
  describe: { about: ofFormat, identity: (format) => format },
  render: { about: ({ format }) => ofFormat(format), identity: renderIdentity },
  renderInsert: { about: ({ format }) => ofFormat(format), identity: renderIdentity },
  checkTemplate: { about: () => ofRequest('"template"'), identity: (text) => text },
  chooseSource: {
    about: () => ({ subject: "the model's template", blame: 'internal' }),
    identity: (input) => input,
  },
  checkFormat: {
    about: () => ofRequest('"format"'),
    identity: (format) => format,
    limitMs: GRAMMAR_LIMIT_MS,
  },
  answerGrammar: {
    about: ({ demand: { format } }) =>
      ofRequest(format === undefined ? '"tools"' : 'the grammar of "format" and "tools"'),
    identity: ({ demand }) => demand,
    limitMs: GRAMMAR_LIMIT_MS,
  },
  checkGrammar: { about: () => ofRequest('option "grammar"'), identity: (grammar) => grammar },
};

/** Chat tasks in the workers of a pool whose program is `chatWorkerProgram`. */
export function pooledChatWork(pool: Pick<WorkerPool, 'run'>): ChatWork {
  return async (name, input, order) => {
    const facts = taskFacts[name];
    const result = await pool.run({
      name,
      input,
      ...order,
      ...facts.about(input),
      limitMs: facts.limitMs ?? LIMIT_MS,
      size: () => sizeOf(facts.identity(input)),
      identity: () => JSON.stringify([name, facts.identity(input)]),
    });
    // Both sides are one version of this program, so the result has the task's type.
    return result as ChatTaskResult<typeof name>;
  };
}

/** The length of a text, or of all texts near the surface of other data. */
function sizeOf(value: unknown, depth = 4): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null || depth === 0) return 1;
  return Object.values(value).reduce((sum: number, part) => sum + sizeOf(part, depth - 1), 0);
}
