import { words } from '../words/words.ts';
import { isRunning, ranSetup, results } from './compare-state.ts';
import { jsonExport, markdownExport } from './export.ts';

/** Saves text as a file of the user. */
function save(name: string, type: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

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
        onClick={() => save('comparison.md', 'text/markdown', markdownExport(ran, results.value))}
      >
        {text.saveMarkdown}
      </button>
      <button
        type="button"
        class="quiet"
        onClick={() => save('comparison.json', 'application/json', jsonExport(ran, results.value))}
      >
        {text.saveJson}
      </button>
    </>
  );
}
