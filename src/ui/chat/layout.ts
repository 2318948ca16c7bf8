/** Which parts of the chat page are open. */
import { signal } from '@preact/signals';
import { stored } from '../app/stored.ts';

const isBoolean = (value: unknown) => typeof value === 'boolean';

/** The list of chats. It starts closed where it would cover the chat. */
export const isRailOpen = stored('rail', !matchMedia('(max-width: 760px)').matches, isBoolean);

/** The settings of the chat. */
export const isDrawerOpen = signal(false);
