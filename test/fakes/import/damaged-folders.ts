/** Damages folders of Hugging Face the way that hostile people and broken tools do. */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from '../../../src/convert/source-file.ts';
import { mutated } from '../random/mutations.ts';
import { hostileName, hostileValue } from './hostile-values.ts';

/** A file of a folder: its first bytes, and anything up to its size. */
export interface FolderFile {
  readonly name: string;
  readonly start: Uint8Array;
  readonly size: number;
  /** Where it is, unless it was changed. */
  readonly path?: string;
}

type Random = () => number;

const POINTER =
  'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n';

/** @returns the folder with one to three changes, and what they are */
export function damagedFolder(
  files: readonly FolderFile[],
  random: Random,
): { files: FolderFile[]; what: string } {
  let result = [...files];
  const what: string[] = [];
  for (let changes = 1 + below(3, random); changes > 0; changes--) {
    const at = below(result.length, random);
    const file = result[at];
    if (!file) continue;
    const change = pick(random() < 0.85 ? contentChanges : folderChanges, random);
    what.push(`${change.name} ${file.name}`);
    result = change(result, file, random);
  }
  return { files: result, what: what.join(', ') };
}

/** @param folder for the files that were changed */
export function writeDamaged(files: readonly FolderFile[], folder: string): SourceFile[] {
  return files.map(({ name, start, size, path }, index) => {
    if (path !== undefined) return { name, path };
    const changed = join(folder, String(index));
    writeFileSync(changed, start);
    truncateSync(changed, size);
    return { name, path: changed };
  });
}

/** Reads a folder; of weights only their header, since nothing else matters before data is written. */
export function undamaged(files: readonly SourceFile[]): FolderFile[] {
  return files.map(({ name, path }) => {
    const bytes = readFileSync(path);
    const start = name.endsWith('.safetensors')
      ? bytes.subarray(0, 8 + Number(bytes.readBigUInt64LE()))
      : bytes;
    return { name, path, start: new Uint8Array(start), size: bytes.length };
  });
}

type Change = (files: readonly FolderFile[], file: FolderFile, random: Random) => FolderFile[];

const folderChanges: readonly Change[] = [
  function remove(files, file) {
    return files.filter((other) => other !== file);
  },
  function empty(files, file) {
    return replaced(files, file, { name: file.name, start: new Uint8Array(), size: 0 });
  },
  function pointer(files, file) {
    const start = Buffer.from(POINTER);
    return replaced(files, file, { name: file.name, start, size: start.length });
  },
  function rename(files, file, random) {
    return replaced(files, file, { ...file, name: hostileName(file.name, random) });
  },
  function exchange(files, file, random) {
    const other = pick(files, random);
    return replaced(files, file, { ...other, name: file.name });
  },
  function double(files, file, random) {
    return [...files, { ...file, name: random() < 0.5 ? file.name : hostileName(file.name, random) }];
  },
];

const contentChanges: readonly Change[] = [changeBytes, changeJson, changeJson, changeJson];

function changeBytes(files: readonly FolderFile[], file: FolderFile, random: Random): FolderFile[] {
  const fields = isWeights(file) && file.start.length >= 8 ? [{ at: 0, bytes: 8 } as const] : [];
  const start = mutated(file.start, random, fields);
  const size = random() < 0.2 ? below(file.size + 1, random) : file.size - file.start.length + start.length;
  return replaced(files, file, { name: file.name, start: start.subarray(0, size), size });
}

/** Changes a value or a key somewhere in the JSON of a file, or of a header. */
function changeJson(files: readonly FolderFile[], file: FolderFile, random: Random): FolderFile[] {
  const text = Buffer.from(isWeights(file) ? file.start.subarray(8) : file.start).toString('utf8');
  let changed: string;
  try {
    changed = changedJson(JSON.parse(text), random);
  } catch {
    return changeBytes(files, file, random);
  }
  const json = Buffer.from(changed);
  const start = isWeights(file) ? Buffer.concat([u64(json.length), json]) : json;
  return replaced(files, file, {
    name: file.name,
    start,
    size: file.size - file.start.length + start.length,
  });
}

/** Marks where a text is put that `JSON.stringify` would not write. */
const MARK = '"\u0001here\u0001"';

function changedJson(root: unknown, random: Random): string {
  const places = placesOf(root);
  const [object, key] = pick(places, random);
  const holder = object as Record<string, unknown>;
  const kind = below(5, random);
  if (kind === 0 && !Array.isArray(object)) {
    const value = holder[key];
    delete holder[key];
    // A key such as __proto__ must come from the text: set here, it would not become a key.
    holder[MARK] = value;
    const name = pick(
      ['__proto__', 'constructor', 'toString', '', `${key} `, '\u0000', key.repeat(300)],
      random,
    );
    return JSON.stringify(root).replace(JSON.stringify(MARK), () => JSON.stringify(name));
  }
  if (kind === 1 && !Array.isArray(object)) {
    holder[MARK] = hostileValue(random);
    return JSON.stringify(root).replace(JSON.stringify(MARK), () => JSON.stringify(key));
  }
  if (kind === 2) {
    if (Array.isArray(object)) object.splice(Number(key), 1);
    else delete holder[key];
    return JSON.stringify(root);
  }
  if (kind === 3) {
    const [other, otherKey] = pick(places, random);
    holder[key] = structuredClone((other as Record<string, unknown>)[otherKey]);
    return JSON.stringify(root);
  }
  holder[key] = MARK;
  return JSON.stringify(root).replace(JSON.stringify(MARK), () => hostileText(random));
}

function hostileText(random: Random): string {
  const value = hostileValue(random);
  return typeof value === 'string' && value.startsWith('json:') ? value.slice(5) : JSON.stringify(value);
}

/** Places in a tree: shallow ones as often as the many deep ones of a vocabulary. */
function placesOf(root: unknown): (readonly [object: object, key: string])[] {
  const places: (readonly [object, string])[] = [];
  const walk = (value: unknown, most: number): void => {
    if (typeof value !== 'object' || value === null) return;
    const keys = Object.keys(value);
    for (const key of keys.slice(0, most)) {
      places.push([value, key]);
      walk((value as Record<string, unknown>)[key], 12);
    }
  };
  walk(root, 400);
  if (places.length === 0) throw new Error('nothing to change');
  return places;
}

function replaced(files: readonly FolderFile[], file: FolderFile, by: FolderFile): FolderFile[] {
  return files.map((other) => (other === file ? by : other));
}

function isWeights({ name }: FolderFile): boolean {
  return name.endsWith('.safetensors');
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function below(count: number, random: Random): number {
  return Math.floor(random() * count);
}

function pick<T>(list: readonly T[], random: Random): T {
  const item = list[below(list.length, random)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
}
