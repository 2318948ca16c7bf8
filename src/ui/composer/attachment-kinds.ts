/** Which files a message may carry, and how large they may be. */
import type { Attachment } from '../chats/chat-message.ts';

const KB = 1000;
const MB = 1000 * KB;

/** More would not be seen in the composer, and no prompt is better for it. */
export const MAX_ATTACHMENTS = 20;
/** A text of this size has about 250,000 tokens, more than nearly all models read. */
const MAX_TEXT_BYTES = MB;
/** Two thirds of what the server keeps in one entry of a chat, as base64. */
const MAX_MEDIA_BYTES = 16 * MB;
/** Its reader holds the whole file in memory, several times. */
const MAX_PDF_BYTES = 50 * MB;
/** The text of all attachments of a message, in characters. */
export const MAX_TEXT_CHARACTERS = 2 * MB;

export type AttachmentKind = Attachment['kind'];

export const maximumBytes: Readonly<Record<AttachmentKind, number>> = {
  text: MAX_TEXT_BYTES,
  image: MAX_MEDIA_BYTES,
  audio: MAX_MEDIA_BYTES,
  pdf: MAX_PDF_BYTES,
};

type Signature = readonly (readonly [number, string])[];

/** The first bytes of files, as Latin-1: what a file is does not follow from its name. */
const signatures: readonly (readonly [AttachmentKind, string, Signature])[] = [
  ['pdf', 'application/pdf', [[0, '%PDF-']]],
  ['image', 'image/png', [[0, '\u0089PNG\r\n\u001a\n']]],
  ['image', 'image/jpeg', [[0, '\u00ff\u00d8\u00ff']]],
  [
    'image',
    'image/webp',
    [
      [0, 'RIFF'],
      [8, 'WEBP'],
    ],
  ],
  ['image', 'image/gif', [[0, 'GIF8']]],
  ['image', 'image/bmp', [[0, 'BM']]],
  [
    'audio',
    'audio/wav',
    [
      [0, 'RIFF'],
      [8, 'WAVE'],
    ],
  ],
  ['audio', 'audio/mpeg', [[0, 'ID3']]],
  ['audio', 'audio/mpeg', [[0, '\u00ff\u00fb']]],
  ['audio', 'audio/mpeg', [[0, '\u00ff\u00f3']]],
  ['audio', 'audio/mpeg', [[0, '\u00ff\u00f2']]],
  ['audio', 'audio/flac', [[0, 'fLaC']]],
];

/** As many bytes of the beginning as `kindOf` looks at. */
export const SIGNATURE_BYTES = 16;

/**
 * What a file is, by its first bytes; everything without a known beginning may be text, which its decoder decides.
 * A text that begins like a picture is one: `BM` needs the name of a picture beside it.
 */
export function kindOf(first: Uint8Array, name: string): { kind: AttachmentKind; type: string } {
  const start = String.fromCharCode(...first.subarray(0, SIGNATURE_BYTES));
  const found = signatures.find(
    ([, type, parts]) =>
      parts.every(([at, text]) => start.startsWith(text, at)) &&
      (type !== 'image/bmp' || /\.(?:bmp|dib)$/i.test(name)),
  );
  return found ? { kind: found[0], type: found[1] } : { kind: 'text', type: 'text/plain' };
}

/** Controls that occur in texts: tabulator, line feed, form feed, carriage return, escape. */
const textControls = new Set(['\t', '\n', '\f', '\r', '\u001b']);

/** Whether a text has characters that only other files have. */
function hasForeignControls(text: string): boolean {
  return (text.match(/[\p{Cc}]/gu) ?? []).some(
    (character) => character < ' ' && !textControls.has(character),
  );
}

/** The text of a file in UTF-8 or, with a mark at its beginning, UTF-16; undefined if it is something else. */
export function decodeText(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  const isLittle = first === 0xff && second === 0xfe;
  const isBig = first === 0xfe && second === 0xff;
  const encoding = isLittle ? 'utf-16le' : isBig ? 'utf-16be' : 'utf-8';
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return hasForeignControls(text) ? undefined : text.replaceAll('\r\n', '\n');
  } catch {
    return undefined;
  }
}

const languages: Readonly<Record<string, string>> = {
  ...{
    js: 'js',
    mjs: 'js',
    cjs: 'js',
    jsx: 'jsx',
    ts: 'ts',
    mts: 'ts',
    tsx: 'tsx',
    py: 'python',
    rb: 'ruby',
  },
  ...{
    rs: 'rust',
    go: 'go',
    java: 'java',
    kt: 'kotlin',
    swift: 'swift',
    c: 'c',
    h: 'c',
    cpp: 'cpp',
    hpp: 'cpp',
  },
  ...{
    cs: 'csharp',
    php: 'php',
    sh: 'sh',
    bash: 'sh',
    ps1: 'powershell',
    sql: 'sql',
    html: 'html',
    css: 'css',
  },
  ...{
    json: 'json',
    yaml: 'yaml',
    yml: 'yaml',
    toml: 'toml',
    xml: 'xml',
    md: 'markdown',
    csv: 'csv',
    lua: 'lua',
  },
};

/** The language of a code file, as it stands behind a fence of Markdown; '' for others. */
export function languageOf(name: string): string {
  return languages[/\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? ''] ?? '';
}
