import type { ComponentType } from 'preact';
import type { Words } from '../words/words.ts';

/** A page of its own address. Its code is loaded when it is opened, except the chat's. */
export interface Page {
  readonly path: string;
  readonly name: keyof Words['pages'];
  readonly load: () => Promise<ComponentType>;
}

/** All pages, in the order of the navigation. The server answers their addresses with the same document. */
export const pages: readonly Page[] = [
  { path: '/', name: 'chat', load: async () => (await import('../chat/chat-page.tsx')).ChatPage },
  {
    path: '/models',
    name: 'models',
    load: async () => (await import('../models/models-page.tsx')).ModelsPage,
  },
  {
    path: '/engine',
    name: 'engine',
    load: async () => (await import('../engine/engine-page.tsx')).EnginePage,
  },
  {
    path: '/compare',
    name: 'compare',
    load: async () => (await import('../compare/compare-page.tsx')).ComparePage,
  },
  {
    path: '/settings',
    name: 'settings',
    load: async () => (await import('../settings/settings-page.tsx')).SettingsPage,
  },
];
