import type { ChatRequest } from '../../api/chat.ts';
import type { Message } from '../../api/common.ts';
import type { KeepAlive } from '../../api/keep-alive.ts';
import type { ModelOptions } from '../../api/options/options.ts';
import type { ShowResponse } from '../../api/show.ts';
import type { Think } from '../../api/think.ts';

export type Format = NonNullable<ChatRequest['format']>;

/** Settings from the flags of `run` and from `/set`. */
export interface SessionSettings {
  readonly wordWrap: boolean;
  readonly verbose: boolean;
  readonly hideThinking: boolean;
  readonly options: ModelOptions;
  readonly think?: Think | undefined;
  readonly format?: Format | undefined;
  readonly keepAlive?: KeepAlive | undefined;
}

/** Lines of a text that was opened with `"""` and has not been closed yet. */
export interface OpenText {
  readonly purpose: 'message' | 'system';
  readonly lines: readonly string[];
}

/** The whole state of an interactive prompt. Immutable. */
export interface Session extends SessionSettings {
  readonly model: string;
  readonly canThink: boolean;
  /** Whether the model accepts images or sound. */
  readonly isMultimodal: boolean;
  /** The model's own MESSAGEs, which the server puts before the session's messages. */
  readonly modelMessages: readonly Message[];
  /** The user's last system message; undefined if the model's own one applies. */
  readonly system?: string | undefined;
  /** The conversation, with system messages at the points where they were set. */
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
  return { ...session, ...facts, think: think ?? defaultThink(show), turns: systemTurns(session) };
}

function modelFacts(model: string, show: ShowResponse) {
  const modelMessages = show.messages ?? [];
  return { model, canThink: canThink(show), isMultimodal: isMultimodal(show), modelMessages };
}

/** Older servers do not report these capabilities, so model information is checked too. */
export function isMultimodal(show: ShowResponse): boolean {
  const { capabilities = [], projector_info: projector = {}, model_info: info } = show;
  if (capabilities.includes('vision') || capabilities.includes('audio')) return true;
  return Object.keys(projector).length > 0 || Object.keys(info).some((key) => key.includes('.vision.'));
}

/** Sets the system message from here on. If the last turn is a system message, it is replaced. */
export function setSystem(session: Session, text: string): Session {
  const { turns } = session;
  const before = turns.at(-1)?.role === 'system' ? turns.slice(0, -1) : turns;
  if (text === '') return { ...session, system: undefined, turns: before };
  return { ...session, system: text, turns: [...before, { role: 'system', content: text }] };
}

/** Clears the conversation, but keeps the system message. */
export function clearTurns(session: Session): Session {
  return { ...session, turns: systemTurns(session) };
}

function systemTurns({ system }: Session): readonly Message[] {
  return system ? [{ role: 'system', content: system }] : [];
}

function canThink({ capabilities = [] }: ShowResponse): boolean {
  return capabilities.includes('thinking');
}

/** Models that can think do so by default. */
export function defaultThink(show: ShowResponse): true | undefined {
  return canThink(show) ? true : undefined;
}

/** The request for the next answer: the whole conversation, then the user's message. */
export function chatRequest(session: Session, message: Message): ChatRequest {
  return {
    model: session.model,
    messages: [...session.turns, message],
    options: session.options,
    verbose_metrics: true,
    ...(session.format !== undefined && { format: session.format }),
    ...(session.think !== undefined && { think: session.think }),
    ...(session.keepAlive !== undefined && { keep_alive: session.keepAlive }),
  };
}

/** Adds a message and its answer. A message without an answer is dropped, so that turns keep alternating. */
export function addTurn(session: Session, message: Message, answer: Message): Session {
  if (answer.content === '' && !answer.thinking && !answer.tool_calls) return session;
  return { ...session, turns: [...session.turns, message, answer] };
}
