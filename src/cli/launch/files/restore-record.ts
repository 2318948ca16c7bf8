import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../../../base/atomic-file.ts';
import { OllamaError, systemCode } from '../../../base/errors.ts';
import { readRegularFile } from '../../../base/regular-file.ts';
import { MIB } from '../../../base/units.ts';

/** Far more than any integration has files. */
const MAX_FILES = 100;
const MAX_BYTES = MIB;
const PRIVATE = 0o600;

const fileSchema = z.object({
  /** Where the file is; links have been followed. */
  path: z.string(),
  /** Name of the copy of the file as it was before the first launch; absent if there was no file. */
  original: z
    .string()
    .regex(/^[^/\\]+$/)
    .exactOptional(),
  /** Permissions that the file had. */
  mode: z.int().min(0).max(0o7777).exactOptional(),
  /** SHA-256 of what a launch wrote last, in hex. */
  written: z.string(),
  /** Folders that were created for the file, outermost first. */
  folders: z.array(z.string()).default([]),
});
const recordSchema = z.object({ files: z.array(fileSchema).max(MAX_FILES) });

export type RestoredFile = z.infer<typeof fileSchema>;

/** Which files the launches of one integration changed, and what they were before. It lies beside the copies. */
export class RestoreRecord {
  readonly #path: string;
  files: RestoredFile[];

  private constructor(path: string, files: RestoredFile[]) {
    this.#path = path;
    this.files = files;
  }

  /** @throws OllamaError if there is a record that cannot be read */
  static async read(folder: string): Promise<RestoreRecord> {
    const path = join(folder, 'restore.json');
    let text: string;
    try {
      text = (await readRegularFile(path, MAX_BYTES)).toString();
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return new RestoreRecord(path, []);
      throw error;
    }
    try {
      return new RestoreRecord(path, recordSchema.parse(JSON.parse(text)).files);
    } catch (error) {
      const message = `${path} is damaged: copy the files beside it back yourself, then remove it`;
      throw new OllamaError('invalid-request', message, { cause: error });
    }
  }

  find(path: string): RestoredFile | undefined {
    return this.files.find((file) => file.path === path);
  }

  /** Adds a file, or replaces it at its place. */
  put(file: RestoredFile): void {
    const index = this.files.findIndex(({ path }) => path === file.path);
    this.files = index < 0 ? [...this.files, file] : this.files.with(index, file);
  }

  remove(path: string): void {
    this.files = this.files.filter((file) => file.path !== path);
  }

  async save(): Promise<void> {
    await writeFileAtomically(this.#path, `${JSON.stringify({ files: this.files }, null, 2)}\n`, PRIVATE);
  }
}
