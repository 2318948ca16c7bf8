import { expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { emptyConfigFile } from './file/config-file.ts';
import { LiveSettings } from './live-settings.ts';
import { settings } from './settings.ts';
import { shownSettings } from './shown-settings.ts';

const shown = (environment: Record<string, string>, name: string) =>
  shownSettings(readConfig({ HOME: '/h', ...environment })).find((setting) => setting.name === name);

it('shows every setting, with its value, its source and what it is', () => {
  expect(shownSettings(readConfig({}))).toHaveLength(Object.keys(settings).length);
  expect(shown({ OLLAMA_KEEP_ALIVE: '1h' }, 'OLLAMA_KEEP_ALIVE')).toEqual({
    name: 'OLLAMA_KEEP_ALIVE',
    value: '1h0m0s',
    text: '1h',
    source: 'environment',
    live: true,
    help: settings.keepAliveMs.help,
  });
});

it('hides the passwords that somebody wrote into addresses', () => {
  const origins = shown(
    { OLLAMA_ORIGINS: 'https://me:secret@a.example,https://b.example' },
    'OLLAMA_ORIGINS',
  );
  expect(origins?.value).toEqual(['https://(hidden)@a.example', 'https://b.example']);
  expect(origins?.text).not.toContain('secret');
});

it('keeps the source of a value that needs a restart, as it keeps the value', () => {
  const live = new LiveSettings({ ...readConfig({}), file: emptyConfigFile });
  const file = new Map([
    ['OLLAMA_KEEP_ALIVE', '1h'],
    ['OLLAMA_HOST', ':1'],
  ]);
  live.replace({ ...readConfig({}, file), file: emptyConfigFile });
  expect(live.sources.get('OLLAMA_KEEP_ALIVE')).toBe('file');
  expect(live.sources.get('OLLAMA_HOST')).toBe('default');
});
