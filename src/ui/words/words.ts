import { signal } from '@preact/signals';
import { stored } from '../app/stored.ts';
import { en } from './en.ts';

export type Words = typeof en;

interface Language {
  /** As in the `lang` attribute. */
  readonly tag: string;
  readonly name: string;
  /** The beginnings of browsers' language tags that it serves. */
  readonly serves: readonly string[];
  readonly load: () => Promise<Words>;
}

/** The first one serves everybody whose language is missing. */
export const languages: readonly Language[] = [
  { tag: 'en', name: 'English', serves: ['en'], load: async () => en },
  { tag: 'de', name: 'Deutsch', serves: ['de'], load: async () => (await import('./de.ts')).de },
  {
    tag: 'zh-Hant',
    name: '繁體中文',
    serves: ['zh-tw', 'zh-hk', 'zh-mo', 'zh-hant'],
    load: async () => (await import('./zh-tw.ts')).zhTw,
  },
];

/** The chosen language for dates and times, unless the browser has a variety of it with its own habits. */
export function dateLocale(): string | undefined {
  const shown = document.documentElement.lang;
  return navigator.language.startsWith(shown) ? undefined : shown;
}

/** The words of the chosen language. */
export const words = signal<Words>(en);

/** The tag of the language that the user chose; '' = the browser's. */
export const chosenLanguage = stored('language', '', (value) => typeof value === 'string');

/** @param wanted language tags, the most wanted first */
function languageFor(wanted: readonly string[]): Language | undefined {
  for (const tag of wanted.map((name) => name.toLowerCase())) {
    const found = languages.find(({ serves }) =>
      serves.some((start) => tag === start || tag.startsWith(`${start}-`)),
    );
    if (found) return found;
  }
  return languages[0];
}

/** Loads the words of the language that the user chose, or of the browser's. */
export async function chooseLanguage(): Promise<void> {
  const chosen = languages.find(({ tag }) => tag === chosenLanguage.value);
  const language = chosen ?? languageFor(navigator.languages);
  if (!language) return;
  words.value = await language.load();
  document.documentElement.lang = language.tag;
}
