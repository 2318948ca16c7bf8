import { effect } from '@preact/signals';
import { stored } from './stored.ts';

export const themes = ['system', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

/** The theme that the user chose for this browser. */
export const theme = stored<Theme>('theme', 'system', (value) => themes.some((name) => name === value));

/** Follows the choice; without one, the style sheet follows the system. */
export function applyTheme(): void {
  effect(() => {
    if (theme.value === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
  });
}
