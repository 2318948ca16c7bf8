import { gzipSync } from 'node:zlib';

export interface TarEntry {
  readonly name: string;
  readonly content?: string;
  /** "0" file, "1" hard link, "2" symbolic link, "5" folder. */
  readonly type?: string;
  readonly prefix?: string;
  /** What the header says; the content's unless given. */
  readonly size?: string;
}

/** A compressed archive with entries as no program would write them. */
export function tarFile(entries: readonly TarEntry[]): Buffer {
  return gzipSync(Buffer.concat([...entries.map(entryBytes), Buffer.alloc(1024)]));
}

function entryBytes({ name, content = '', type = '0', prefix = '', size }: TarEntry): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(size ?? bytes.length.toString(8).padStart(11, '0'), 124);
  header.write(type, 156);
  header.write('ustar\x0000', 257);
  header.write(prefix, 345);
  return Buffer.concat([header, bytes, Buffer.alloc(-bytes.length & 511)]);
}
