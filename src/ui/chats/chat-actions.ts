/** What a user does with a chat. */
import { notify } from '../app/notices.tsx';
import { randomId } from '../app/random-id.ts';
import { stored } from '../app/stored.ts';
import { modelList, refreshModels } from '../models/model-list.ts';
import { words } from '../words/words.ts';
import type { Chat } from './chat.ts';
import { type ChatMessage, type Draft, emptyDraft } from './chat-message.ts';
import { answerRequest } from './request-messages.ts';
import { runAnswer, runs } from './runs.ts';

const MAX_TITLE_LENGTH = 60;

/** The model of the last chat, for the next one. */
export const lastModel = stored('model', '', (value) => typeof value === 'string');

/** The model that answers in a chat: its own, the last one used, or the newest one that can chat. */
export function modelOf(chat: Chat): string | undefined {
  const own = chat.settings.value.model;
  if (own !== undefined) return own;
  const { models } = modelList.value;
  if (models.some(({ name }) => name === lastModel.value)) return lastModel.value;
  const chats = models.find(({ capabilities }) => capabilities?.includes('completion') ?? true);
  return chats?.name ?? (lastModel.value || undefined);
}

export function chooseModel(chat: Chat, model: string): void {
  lastModel.value = model;
  chat.set({ model });
}

/** The messages from the first one to this one. */
export function pathTo(chat: Chat, id: string | null): ChatMessage[] {
  const path: ChatMessage[] = [];
  const visited = new Set<string>();
  for (let at = id; at !== null && !visited.has(at); ) {
    visited.add(at);
    const message: ChatMessage | undefined = chat.message(at)?.value;
    if (!message) break;
    path.push(message);
    at = message.parent;
  }
  return path.reverse();
}

function titleFrom(text: string): string {
  const line = text.trim().split('\n', 1)[0]?.trim() ?? '';
  return line.length <= MAX_TITLE_LENGTH ? line : `${line.slice(0, MAX_TITLE_LENGTH - 1).trimEnd()}…`;
}

/** Sends a draft below the last shown message, and asks for the answer. */
export function send(chat: Chat, draft: Draft): void {
  const { text, attachments } = draft;
  const message = userMessage(chat.path.value.at(-1) ?? null, text, attachments);
  const { settings, title } = chat;
  chat.setDraft(emptyDraft);
  const name = titleFrom(text) || (attachments[0]?.name ?? '');
  const model = modelOf(chat);
  chat.add(
    ...(chat.record
      ? []
      : [{ type: 'settings' as const, settings: { ...settings.value, ...(model && { model }) } }]),
    ...(title.value === '' && name !== '' ? [{ type: 'title' as const, title: name }] : []),
    { type: 'message', message },
  );
  answer(chat, message.id);
}

function userMessage(parent: string | null, content: string, attachments: Draft['attachments']): ChatMessage {
  const files = attachments.length > 0 && { attachments };
  return { id: randomId(), parent, role: 'user', created_at: new Date().toISOString(), content, ...files };
}

/** Asks for an answer below a message. */
export function answer(chat: Chat, parent: string, wanted = modelOf(chat)): void {
  if (wanted === undefined) void answerWhenKnown(chat, parent);
  else answerWith(chat, parent, wanted);
}

/** Who writes before the list of models is there gets an answer when it is. */
async function answerWhenKnown(chat: Chat, parent: string): Promise<void> {
  await refreshModels();
  const model = modelOf(chat);
  if (model === undefined) notify(words.value.chat.noModelToAnswer, 'problem');
  else answerWith(chat, parent, model);
}

function answerWith(chat: Chat, parent: string, model: string): void {
  lastModel.value = model;
  const { options } = chat.settings.value;
  const message: ChatMessage = {
    id: randomId(),
    parent,
    role: 'assistant',
    created_at: new Date().toISOString(),
    content: '',
    model,
    ...(options && { options }),
    state: 'streaming',
  };
  void runAnswer(chat, message, answerRequest(model, chat.settings.value, pathTo(chat, parent)));
}

/** Asks for another answer beside this one. */
export function regenerate(chat: Chat, id: string, model?: string): void {
  const message = chat.message(id)?.value;
  if (message?.role !== 'assistant' || message.parent === null) return;
  answer(chat, message.parent, model ?? modelOf(chat));
}

/** Whether an answer can go on where it ended. */
export function canGoOn({ role, state, done_reason: reason, tool_calls: calls }: ChatMessage): boolean {
  if (role !== 'assistant' || calls) return false;
  return state === 'stopped' || state === 'broken' || reason === 'length';
}

/** Goes on with an answer that ended too early; one without any text is asked for again in its place. */
export function goOn(chat: Chat, id: string): void {
  const message = chat.message(id)?.value;
  if (message && !runs.value.has(id)) goOnWith(chat, message);
}

/**
 * Goes on from a text, as an alternative to an answer.
 * @param content the beginning of the new answer
 */
export function branchFrom(chat: Chat, id: string, content: string): void {
  const message = chat.message(id)?.value;
  if (message?.role !== 'assistant') return;
  const { parent, role, model, options, thinking, thinking_ms } = message;
  goOnWith(chat, {
    id: randomId(),
    parent,
    role,
    created_at: new Date().toISOString(),
    content,
    ...(model !== undefined && { model }),
    ...(options && { options }),
    ...(thinking !== undefined && { thinking }),
    ...(thinking_ms !== undefined && { thinking_ms }),
  });
}

function goOnWith(chat: Chat, message: ChatMessage): void {
  const model = message.model ?? modelOf(chat);
  if (model === undefined) return;
  const { error: _error, done_reason: _reason, timing: _timing, ...rest } = message;
  // A begun thinking cannot go on: the answer begins again.
  const { thinking: _thinking, thinking_ms: _ms, logprobs: _logprobs, ...bare } = rest;
  const begun: ChatMessage = { ...(message.content === '' ? bare : rest), state: 'streaming' };
  const path = [...(message.parent === null ? [] : pathTo(chat, message.parent)), begun];
  const request = answerRequest(model, chat.settings.value, path);
  const isBegun = begun.content.trim() !== '';
  void runAnswer(chat, begun, { ...request, ...(isBegun && { continue_final_message: true }) });
}

/** Says something else in a message. What a user said becomes an alternative, which is answered. */
export function edit(chat: Chat, id: string, content: string): void {
  const message = chat.message(id)?.value;
  if (!message) return;
  const { role, parent, attachments = [] } = message;
  if (role === 'user') {
    const edited = userMessage(parent, content, attachments);
    chat.add({ type: 'message', message: edited });
    answer(chat, edited.id);
    return;
  }
  const { timing: _timing, logprobs: _logprobs, error: _error, ...rest } = message;
  const edited = { ...rest, id: randomId(), created_at: new Date().toISOString(), content };
  chat.add({ type: 'message', message: edited });
}

/** Removes a message and all below it. */
export function remove(chat: Chat, id: string): void {
  for (const run of runs.value.values()) if (run.chat === chat) run.stop();
  chat.add({ type: 'remove', message: id });
}

/** Adds the results of an answer's tool calls, and asks the model to go on. */
export function sendToolResults(chat: Chat, id: string, results: readonly string[]): void {
  const calls = chat.message(id)?.value.tool_calls ?? [];
  let parent = id;
  for (const [index, call] of calls.entries()) {
    const message: ChatMessage = {
      id: randomId(),
      parent,
      role: 'tool',
      created_at: new Date().toISOString(),
      content: results[index] ?? '',
      tool_name: call.function.name,
      ...(call.id !== undefined && { tool_call_id: call.id }),
    };
    chat.add({ type: 'message', message });
    parent = message.id;
  }
  answer(chat, parent);
}

/** Shows the alternative before (-1) or after (1) a message. */
export function step(chat: Chat, id: string, by: 1 | -1): void {
  const siblings = chat.siblings(id);
  const next = siblings[siblings.indexOf(id) + by];
  if (next !== undefined) chat.choose(next);
}
