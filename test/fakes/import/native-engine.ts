/** The engine's library, which a process can load once. */
import { bindFunctions } from '../../../src/engine/native/bindings.ts';
import { loadLibraries } from '../../../src/engine/native/libraries.ts';
import { loadRowCasts } from '../../../src/engine/native/row-casts.ts';
import { silence } from '../models/sampler-fixture.ts';

const libraries = loadLibraries();
silence(libraries);

export const bindings = bindFunctions(libraries);
export const casts = loadRowCasts(libraries.ggmlBase);
