/** Units in which several folders count. */
export const NANOSECONDS_PER_MILLISECOND = 1e6;
export const NANOSECONDS_PER_SECOND = 1e9;
export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;
