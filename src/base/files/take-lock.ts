/** Takes a lock between processes. @returns undefined when another one has it */
export type TakeLock = (path: string) => Promise<(() => Promise<void>) | undefined>;
