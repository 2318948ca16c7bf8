/** What the menu of files does. It is loaded when the menu is first used. */

import { notify } from '../app/notices.tsx';
import { randomId } from '../app/random-id.ts';
import { navigate } from '../app/router.ts';
import { saveFile } from '../app/save-file.ts';
import type { Chat } from '../chats/chat.ts';
import { chatList, takeChat } from '../chats/chats.ts';
import { words } from '../words/words.ts';
import { type ExportedChat, jsonLines, markdown } from './chat-export.ts';
import {
  type ImportedChat,
  type ImportFault,
  MAX_CHATS,
  MAX_FILE_BYTES,
  readChatFile,
} from './chat-import.ts';
import { fineTuningLines } from './fine-tuning.ts';
import { loadChat, textOfChats } from './load-chats.ts';

export type FileForm = 'markdown' | 'lines' | 'fineTuning';

const forms = {
  markdown: {
    end: 'md',
    type: 'text/markdown',
    write: ([chat]) => (chat ? markdown(chat, words.value.files.markdown) : ''),
  },
  lines: { end: 'jsonl', type: 'application/jsonl', write: jsonLines },
  fineTuning: { end: 'training.jsonl', type: 'application/jsonl', write: fineTuningLines },
} as const satisfies Record<
  FileForm,
  { end: string; type: string; write: (chats: readonly ExportedChat[]) => string }
>;

const MAX_NAME = 60;

/** The title of a chat as the name of a file on all systems. */
export function fileName(title: string, end: string): string {
  const name = title
    .normalize()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, MAX_NAME);
  return `${name || 'chat'}.${end}`;
}

export async function exportChat(chat: Chat, form: FileForm): Promise<void> {
  if (!chat.record) return;
  const { end, type, write } = forms[form];
  const text = write([await loadChat(chat.record)]);
  if (text === '') return notify(words.value.files.noAnswer, 'problem');
  saveFile(fileName(chat.title.value, end), type, text);
}

export async function exportAll(form: Exclude<FileForm, 'markdown'>): Promise<void> {
  const { end, type, write } = forms[form];
  const texts = await textOfChats(chatList.value.records, write);
  if (texts.every((text) => text === '')) return notify(words.value.files.noAnswer, 'problem');
  saveFile(`ollama-chats.${end}`, type, ...texts);
}

/** Smaller files are read before anybody could wonder. */
const NOTED_BYTES = 1_000_000;
/** How long a file is read before the browser may draw: half a frame at 60 a second. */
const SLICE_MS = 8;

async function read(text: string): Promise<readonly ImportedChat[] | ImportFault> {
  const reading = readChatFile(text, { newId: randomId, now: () => new Date().toISOString() });
  let sliceEnd = performance.now() + SLICE_MS;
  for (;;) {
    const { done, value } = reading.next();
    if (done) return value;
    if (performance.now() < sliceEnd) continue;
    await new Promise((resolve) => setTimeout(resolve));
    sliceEnd = performance.now() + SLICE_MS;
  }
}

/** Adds the chats of a file. Chats that are here already get what they lack. */
export async function importFile(file: File): Promise<void> {
  const text = words.value.files;
  if (file.size > MAX_FILE_BYTES) return notify(text.tooLarge(MAX_FILE_BYTES / 1e6), 'problem');
  if (file.size > NOTED_BYTES) notify(text.importing);
  const found = await read(await file.text());
  if ('problem' in found) return notify(faultText(found), 'problem');
  for (const { entries, ...record } of found) await takeChat(record, entries);
  notify(text.imported(found.length));
  const [only] = found;
  if (only && found.length === 1) navigate(`/?chat=${encodeURIComponent(only.id)}`);
}

function faultText({ problem, line }: ImportFault): string {
  const text = words.value.files;
  const { tooManyChats, ...problems } = text.faults;
  const what = problem === 'tooManyChats' ? tooManyChats(MAX_CHATS) : problems[problem];
  return problem === 'empty' ? what : text.inLine(line, what);
}
