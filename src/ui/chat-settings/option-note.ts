import { signal } from '@preact/signals';
import type { OptionField, OptionName } from './option-fields.ts';

export type OptionNotes = Readonly<Record<OptionName, string>>;

const translated: Readonly<Record<string, () => Promise<OptionNotes>>> = {
  de: async () => (await import('../words/de/option-notes.ts')).optionNotes,
  'zh-Hant': async () => (await import('../words/zh-tw/option-notes.ts')).optionNotes,
};

const loaded = signal<OptionNotes | undefined>(undefined);

/** Loads the notes in the language of the page; those of the table are English. */
export async function loadOptionNotes(): Promise<void> {
  loaded.value = await translated[document.documentElement.lang]?.();
}

export function optionNote({ name, note }: OptionField): string {
  // The table writes names between backticks.
  return (loaded.value?.[name] ?? note).replaceAll('`', '');
}
