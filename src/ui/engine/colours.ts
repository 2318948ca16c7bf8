/** The colours of the theme, for what is drawn on canvas. */
import { effect, type Signal } from '@preact/signals';
import { theme } from '../app/theme.ts';

export interface Colours {
  readonly prefill: string;
  readonly decode: string;
  readonly draft: string;
  readonly refused: string;
  readonly load: string;
  readonly idle: string;
  readonly line: string;
  readonly text: string;
  readonly label: string;
  readonly onBlock: string;
  readonly accent: string;
  readonly font: string;
}

export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    prefill: read('--kind-prefill'),
    decode: read('--kind-decode'),
    draft: read('--kind-draft'),
    refused: read('--kind-refused'),
    load: read('--kind-load'),
    idle: read('--kind-idle'),
    line: read('--line'),
    text: read('--text'),
    label: read('--text-2'),
    onBlock: read('--surface'),
    accent: read('--accent'),
    font: `12px ${read('--font')}`,
  };
}

/** Reads the colours again whenever the theme changes. @returns what ends it */
export function followColours(colours: Signal<Colours>): () => void {
  const read = () => {
    colours.value = readColours();
  };
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', read);
  const dispose = effect(() => {
    theme.value;
    read();
  });
  return () => {
    system.removeEventListener('change', read);
    dispose();
  };
}
