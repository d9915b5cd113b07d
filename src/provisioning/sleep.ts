/** Waits by the real clock; a test decides for itself what waiting is. */
export type Sleep = (ms: number) => Promise<void>;
