import { words } from '../words/words.ts';

export function EnginePage() {
  return <h1 class="page-title">{words.value.pages.engine}</h1>;
}
