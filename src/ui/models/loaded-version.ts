import { computed } from '@preact/signals';
import { modelList } from './model-list.ts';

/** Changes when a model was loaded or unloaded: estimates say then what is left. */
export const loadedVersion = computed(() =>
  modelList.value.running
    .map(({ name, size, context_length }) => `${name} ${size} ${context_length}`)
    .join(','),
);
