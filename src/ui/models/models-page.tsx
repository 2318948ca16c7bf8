import { words } from '../words/words.ts';

export function ModelsPage() {
  return <h1 class="page-title">{words.value.pages.models}</h1>;
}
