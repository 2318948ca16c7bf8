import { words } from '../words/words.ts';

export function ComparePage() {
  return <h1 class="page-title">{words.value.pages.compare}</h1>;
}
