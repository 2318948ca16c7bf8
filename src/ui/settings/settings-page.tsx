import { words } from '../words/words.ts';

export function SettingsPage() {
  return <h1 class="page-title">{words.value.pages.settings}</h1>;
}
