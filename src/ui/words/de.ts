import type { Words } from './words.ts';

/** All words of the page in German. */
export const de: Words = {
  language: 'Deutsch',
  pages: {
    chat: 'Chat',
    models: 'Modelle',
    engine: 'Engine',
    compare: 'Vergleich',
    settings: 'Einstellungen',
  },
  app: {
    skip: 'Zum Inhalt',
    navigation: 'Seiten',
    loading: 'Wird geladen',
    noPage: 'Diese Seite gibt es nicht.',
    pageNotLoaded: 'Der Server hat nicht geantwortet. Laden Sie die Seite neu.',
    close: 'Schließen',
  },
  key: {
    title: 'Dieser Server braucht einen API-Schlüssel',
    why: 'Wer den Server betreibt, gibt Ihnen einen.',
    label: 'API-Schlüssel',
    enter: 'Anmelden',
  },
  chat: {},
  composer: {},
  answer: {},
  models: {},
  engine: {},
  compare: {},
  probabilities: {},
  settings: {},
};
