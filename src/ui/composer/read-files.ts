/** Files as attachments of a message. */
import { randomId } from '../app/random-id.ts';
import type { Attachment } from '../chats/chat-message.ts';
import {
  type AttachmentKind,
  decodeText,
  kindOf,
  MAX_ATTACHMENTS,
  MAX_TEXT_CHARACTERS,
  maximumBytes,
  SIGNATURE_BYTES,
} from './attachment-kinds.ts';
import { type PdfProblem, pdfText } from './pdf-text.ts';

export interface FileProblem {
  readonly name: string;
  readonly kind: 'tooMany' | 'tooLarge' | 'tooMuchText' | 'notText' | 'empty' | 'unreadable' | PdfProblem;
  /** Files, bytes, characters or pages. */
  readonly limit?: number;
}

interface ReadFiles {
  readonly added: readonly Attachment[];
  readonly problems: readonly FileProblem[];
}

/**
 * Reads files, one after the other. What cannot be attached is named with its problem.
 * @param present what the message carries already
 */
export async function readFiles(files: readonly File[], present: readonly Attachment[]): Promise<ReadFiles> {
  const added: Attachment[] = [];
  const problems: FileProblem[] = [];
  for (const file of files) {
    const all = [...present, ...added];
    const read = all.length >= MAX_ATTACHMENTS ? tooMany(file) : await readFile(file);
    const attachment = 'kind' in read && 'id' in read ? read : undefined;
    if (!attachment) problems.push(read as FileProblem);
    else if (textLength([...all, attachment]) > MAX_TEXT_CHARACTERS)
      problems.push({ name: file.name, kind: 'tooMuchText', limit: MAX_TEXT_CHARACTERS });
    else added.push(attachment);
  }
  return { added, problems };
}

function tooMany({ name }: File): FileProblem {
  return { name, kind: 'tooMany', limit: MAX_ATTACHMENTS };
}

function textLength(attachments: readonly Attachment[]): number {
  return attachments.reduce((sum, { text = '' }) => sum + text.length, 0);
}

async function readFile(file: File): Promise<Attachment | FileProblem> {
  const { name, size } = file;
  try {
    if (size === 0) return { name, kind: 'empty' };
    const first = new Uint8Array(await file.slice(0, SIGNATURE_BYTES).arrayBuffer());
    const { kind, type } = kindOf(first, name);
    if (size > maximumBytes[kind]) return { name, kind: 'tooLarge', limit: maximumBytes[kind] };
    const content = await contentOf(file, kind);
    if ('problem' in content) {
      const { problem, limit } = content;
      return { name, kind: problem, ...(limit !== undefined && { limit }) };
    }
    return { id: randomId(), kind, name, type, size, ...content };
  } catch {
    // A folder, or a file that was removed meanwhile.
    return { name, kind: 'unreadable' };
  }
}

type Content =
  | { readonly text: string }
  | { readonly data: string }
  | { readonly problem: FileProblem['kind']; readonly limit?: number };

async function contentOf(file: File, kind: AttachmentKind): Promise<Content> {
  if (kind === 'image' || kind === 'audio') return { data: await base64(file) };
  const bytes = await file.arrayBuffer();
  if (kind === 'pdf') return pdfText(bytes);
  const text = decodeText(new Uint8Array(bytes));
  return text === undefined ? { problem: 'notText' } : { text };
}

function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      const url = String(reader.result);
      resolve(url.slice(url.indexOf(',') + 1));
    };
    reader.onerror = () => reject(reader.error ?? new Error('the file cannot be read'));
    reader.readAsDataURL(file);
  });
}
