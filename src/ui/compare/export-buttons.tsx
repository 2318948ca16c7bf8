import { saveFile } from '../app/save-file.ts';
import { words } from '../words/words.ts';
import { isRunning, ranSetup, results } from './compare-state.ts';
import { jsonExport, markdownExport } from './export.ts';

/** Saves what the last run gave, with the setup that it ran with. */
export function ExportButtons() {
  const ran = ranSetup.value;
  if (!ran || isRunning.value) return null;
  const text = words.value.compare;
  return (
    <>
      <button
        type="button"
        class="quiet"
        onClick={() => saveFile('comparison.md', 'text/markdown', markdownExport(ran, results.value))}
      >
        {text.saveMarkdown}
      </button>
      <button
        type="button"
        class="quiet"
        onClick={() => saveFile('comparison.json', 'application/json', jsonExport(ran, results.value))}
      >
        {text.saveJson}
      </button>
    </>
  );
}
