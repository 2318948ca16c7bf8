import type { ComponentType } from 'preact';
import { query } from '../app/router.ts';
import type { Words } from '../words/words.ts';
import { words } from '../words/words.ts';
import { ApiKeys } from './api-keys/api-keys.tsx';
import { GeneralSettings } from './general-settings.tsx';
import { LogView } from './log/log-view.tsx';
import { ServerSettings } from './server-settings.tsx';
import { UsageView } from './usage/usage-view.tsx';

type SectionName = keyof Words['settings']['sections'];

const sections: Readonly<Record<SectionName, ComponentType>> = {
  general: GeneralSettings,
  server: ServerSettings,
  log: LogView,
  keys: ApiKeys,
  usage: UsageView,
};
const names = Object.keys(sections) as SectionName[];

/** Settings of this browser and of the server, its log, its keys, and what was used. Each section has an address. */
export function SettingsPage() {
  const asked = query.value.get('section');
  const open = names.find((name) => name === asked) ?? 'general';
  const Section = sections[open];
  const text = words.value.settings;
  return (
    <div class="settings">
      <nav class="settings-nav" aria-label={text.navigation}>
        <h1>{words.value.pages.settings}</h1>
        {names.map((name) => (
          <a
            key={name}
            data-page=""
            href={name === 'general' ? '/settings' : `/settings?section=${name}`}
            {...(name === open && { 'aria-current': 'true' as const })}
          >
            {text.sections[name]}
          </a>
        ))}
      </nav>
      <section class="page settings-section" aria-label={text.sections[open]}>
        <Section />
      </section>
    </div>
  );
}
