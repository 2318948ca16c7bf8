/** The answers that are being written. They go on when another chat or page is opened. */
import { type Signal, signal } from '@preact/signals';
import { type AnswerRequest, streamAnswer } from '../answers/stream-answer.ts';
import { ApiError } from '../api/http.ts';
import { refreshModels } from '../models/model-list.ts';
import { words } from '../words/words.ts';
import { AnswerFold, type AnswerProgress } from './answer-fold.ts';
import type { Chat } from './chat.ts';
import type { ChatMessage } from './chat-message.ts';
import { writePartial } from './chat-store.ts';
import { beginWriting, endWriting, onDeletion, onStopRequest } from './chats.ts';
import { noteLostConnection } from './connection.ts';
import { leaveLastWords } from './last-words.ts';
import { painter } from './paint.ts';
import { tabId, tellTabs } from './tabs.ts';

/** How often a message that grows is kept: what is lost at worst when the page is closed. */
const SAVE_MS = 1000;

export interface Run {
  readonly chat: Chat;
  readonly message: string;
  readonly progress: Signal<AnswerProgress>;
  /** Name of the run on the server; undefined until it answers. */
  readonly requestId: Signal<string | undefined>;
  /** On the clock of `performance.now()`. */
  readonly startedAt: number;
  stop(): void;
}

/** By the ID of the message. */
export const runs = signal<ReadonlyMap<string, Run>>(new Map());

onDeletion((id) => {
  // Nobody can read the answer any more.
  for (const run of runs.value.values()) if (run.chat.id === id) run.stop();
});
onStopRequest((message) => runs.value.get(message)?.stop());
addEventListener('pagehide', () => {
  for (const { chat, message } of runs.value.values()) {
    const written = chat.message(message)?.value;
    if (written) leaveLastWords(written);
  }
});

/** The run that writes the last message of a chat, or any other of it. */
export function runOf(chat: Chat): Run | undefined {
  for (const run of runs.value.values()) if (run.chat === chat) return run;
  return undefined;
}

/** Stops what is being written in a chat, also by another tab. */
export function stopChat(chat: Chat): void {
  for (const run of runs.value.values()) if (run.chat === chat) run.stop();
  for (const id of chat.path.value) {
    if (chat.message(id)?.value.state === 'streaming' && !runs.value.has(id))
      tellTabs({ type: 'stop', message: id });
  }
}

function setRun(message: string, run: Run | undefined): void {
  const all = new Map(runs.value);
  if (run) all.set(message, run);
  else all.delete(message);
  runs.value = all;
}

function keep({ chat }: Run, message: ChatMessage): void {
  if (chat.isDeleted) return;
  // Without room for it, the whole message will say so.
  writePartial(chat.id, { message, tab: tabId, saved_at: Date.now() }).catch(() => undefined);
  tellTabs({ type: 'partial', chat: chat.id, message });
}

/**
 * Writes an answer.
 * @param message the answer so far: empty, or what goes on
 */
export async function runAnswer(chat: Chat, message: ChatMessage, request: AnswerRequest): Promise<void> {
  const controller = new AbortController();
  const run: Run = {
    chat,
    message: message.id,
    progress: signal({ phase: 'waiting' }),
    requestId: signal(undefined),
    startedAt: performance.now(),
    stop: () => controller.abort(),
  };
  const fold = new AnswerFold(message, run.startedAt);
  const show = painter(() => {
    chat.show(fold.message(performance.now()));
    const wasWaiting = isWaiting(run.progress.peek());
    run.progress.value = fold.progress;
    // Its model is in memory now: the bar shows that, and how much fits into the context.
    if (wasWaiting && !isWaiting(fold.progress)) void refreshModels();
  });
  beginWriting(message.id);
  setRun(message.id, run);
  chat.show(message);
  const saving = setInterval(() => keep(run, fold.message(performance.now())), SAVE_MS);
  keep(run, message);
  let end: Partial<ChatMessage>;
  try {
    const onHeaders = (headers: Headers) => {
      run.requestId.value = headers.get('X-Request-Id') ?? undefined;
    };
    for await (const chunk of streamAnswer(request, { signal: controller.signal, onHeaders })) {
      fold.push(chunk, performance.now());
      show.request();
    }
    end = fold.isDone ? { state: 'done' } : broken(words.value.chat.brokeOff);
  } catch (error) {
    end = endOf(error);
  }
  clearInterval(saving);
  // A later showing would take the end back.
  show.cancel();
  const last = fold.message(performance.now());
  const { requestId } = run;
  const timing = last.timing && { ...last.timing, ...(requestId.value && { request_id: requestId.value }) };
  setRun(message.id, undefined);
  chat.add({ type: 'message', message: { ...last, ...(timing && { timing }), ...end } });
  endWriting(message.id);
  void refreshModels();
}

function isWaiting({ phase }: AnswerProgress): boolean {
  return phase === 'waiting' || phase === 'loading';
}

function broken(error: string): Partial<ChatMessage> {
  return { state: 'broken', error };
}

function endOf(error: unknown): Partial<ChatMessage> {
  if (error instanceof DOMException && error.name === 'AbortError') return { state: 'stopped' };
  if (!(error instanceof ApiError)) return broken(error instanceof Error ? error.message : String(error));
  if (error.status !== 0) return broken(error.message);
  noteLostConnection();
  return broken(words.value.chat.brokeOff);
}
