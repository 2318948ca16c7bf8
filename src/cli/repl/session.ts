import type { ChatRequest } from '../../api/chat.ts';
import type { Message } from '../../api/common.ts';
import type { KeepAlive } from '../../api/keep-alive.ts';
import type { ModelOptions } from '../../api/options.ts';
import type { ShowResponse } from '../../api/show.ts';
import type { Think } from '../../api/think.ts';

export type Format = NonNullable<ChatRequest['format']>;

/** What `run`'s flags and `/set` decide. */
export interface SessionSettings {
  readonly wordWrap: boolean;
  readonly verbose: boolean;
  readonly hideThinking: boolean;
  readonly options: ModelOptions;
  readonly think?: Think | undefined;
  readonly format?: Format | undefined;
  readonly keepAlive?: KeepAlive | undefined;
}

/** Lines of a text that has been opened with `"""` and not yet closed. */
export interface OpenText {
  readonly purpose: 'message' | 'system';
  readonly lines: readonly string[];
}

/** Everything an interactive prompt knows. Immutable. */
export interface Session extends SessionSettings {
  readonly model: string;
  readonly canThink: boolean;
  /** The model's own MESSAGEs: the server puts them before ours. */
  readonly modelMessages: readonly Message[];
  /** Set by the user; the model's own one needs no telling. */
  readonly system?: string | undefined;
  /** The conversation, without system messages. */
  readonly turns: readonly Message[];
  readonly openText?: OpenText | undefined;
}

export function startSession(model: string, show: ShowResponse, settings: SessionSettings): Session {
  return { ...settings, ...modelFacts(model, show), turns: [] };
}

/** The same settings with another model and an empty conversation. */
export function switchModel(session: Session, model: string, show: ShowResponse): Session {
  const facts = modelFacts(model, show);
  const think = facts.canThink ? session.think : undefined;
  return { ...session, ...facts, think: think ?? defaultThink(show), turns: [] };
}

function modelFacts(model: string, show: ShowResponse) {
  return { model, canThink: canThink(show), modelMessages: show.messages ?? [] };
}

function canThink({ capabilities = [] }: ShowResponse): boolean {
  return capabilities.includes('thinking');
}

/** Models that can think do so unless told otherwise. */
export function defaultThink(show: ShowResponse): true | undefined {
  return canThink(show) ? true : undefined;
}

/** The request for the next answer: the whole conversation, then the user's message. */
export function chatRequest(session: Session, message: Message): ChatRequest {
  const system: Message[] = session.system ? [{ role: 'system', content: session.system }] : [];
  return {
    model: session.model,
    messages: [...system, ...session.turns, message],
    options: session.options,
    ...(session.format !== undefined && { format: session.format }),
    ...(session.think !== undefined && { think: session.think }),
    ...(session.keepAlive !== undefined && { keep_alive: session.keepAlive }),
  };
}

/** Adds a message and its answer; a message that got no answer is forgotten, so that turns keep alternating. */
export function addTurn(session: Session, message: Message, answer: Message): Session {
  if (answer.content === '' && !answer.thinking && !answer.tool_calls) return session;
  return { ...session, turns: [...session.turns, message, answer] };
}
