/** All words of the page in English. The other languages have the same names. Each part of the page has its own section. */
export const en = {
  language: 'English',
  pages: {
    chat: 'Chat',
    models: 'Models',
    engine: 'Engine',
    compare: 'Compare',
    settings: 'Settings',
  },
  app: {
    skip: 'Skip to the content',
    navigation: 'Pages',
    loading: 'Loading',
    noPage: 'There is no such page.',
    pageNotLoaded: 'The server did not answer. Load the page again.',
    close: 'Close',
  },
  key: {
    title: 'This server needs an API key',
    why: 'Ask whoever runs it for one.',
    label: 'API key',
    enter: 'Enter',
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
