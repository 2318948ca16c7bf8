import { messageOf, OllamaError } from '../../../base/errors.ts';
import { JsonText } from './json-text.ts';
import { TomlText } from './toml-text.ts';
import { YamlText } from './yaml-text.ts';

/** What a launch changes in one file. */
export interface FileChange {
  /** Absolute. */
  readonly path: string;
  /** A file whose text a new file begins with, if it exists. */
  readonly seed?: string;
  /** Whether a file that does not exist is not created. */
  readonly mayStayMissing?: boolean;
  /** @param text the present text; "" for a new file @throws OllamaError if it cannot be parsed */
  readonly change: (text: string) => string;
}

/** A file with JSON, with or without comments, in which some values are set. */
export function jsonChange(
  path: string,
  edit: (json: JsonText) => void,
  { seed, empty = '{}' }: { readonly seed?: string; readonly empty?: '{}' | '[]' } = {},
): FileChange {
  const change = (text: string) => edited(path, () => changed(new JsonText(text, empty), edit));
  return { path, change, ...(seed !== undefined && { seed }) };
}

/** A file with YAML in which some values are set. */
export function yamlChange(path: string, edit: (yaml: YamlText) => void): FileChange {
  return { path, change: (text) => edited(path, () => changed(new YamlText(text), edit)) };
}

/** A file with TOML from which something is removed; a missing file stays missing. */
export function tomlChange(path: string, edit: (toml: TomlText) => void): FileChange {
  return {
    path,
    mayStayMissing: true,
    change: (text) => edited(path, () => changed(new TomlText(text), edit)),
  };
}

/** A file that belongs to the launch, with a fixed text. */
export function wholeFile(path: string, text: string): FileChange {
  return { path, change: () => text };
}

function changed<T extends { toString(): string }>(text: T, edit: (text: T) => void): string {
  edit(text);
  return text.toString();
}

function edited(path: string, work: () => string): string {
  try {
    return work();
  } catch (error) {
    if (error instanceof OllamaError) throw error;
    const message = `${path} was not changed, because it cannot be read: ${messageOf(error)}; correct the file, or move it away`;
    throw new OllamaError('invalid-request', message, { cause: error });
  }
}
