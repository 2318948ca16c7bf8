import { hasMatrixUnits } from '../../../src/engine/native/matrix-units.ts';

/**
 * Whether the processor has matrix units (Intel's AMX), which llama.cpp uses. It then keeps a second form of some weights, and computes
 * several tokens at once with other roundings than one.
 */
export const HAS_MATRIX_UNITS = hasMatrixUnits();
