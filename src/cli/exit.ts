/** How the program ends: `pass` also with warnings, `unjudged` where no judgement could be made. */
export const EXIT = { pass: 0, fail: 1, unjudged: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
