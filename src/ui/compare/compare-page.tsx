import { useEffect } from 'preact/hooks';
import { refreshModels } from '../models/model-list.ts';
import { words } from '../words/words.ts';

export function ComparePage() {
  useEffect(() => void refreshModels(), []);
  return <h1 class="page-title">{words.value.pages.compare}</h1>;
}
