/** So many may sit at once; the others wait in the order in which they came. */
export function seats(count: number): {
  /** @throws the signal's reason when it aborts before a seat is free */
  readonly take: (signal: AbortSignal) => Promise<void>;
  readonly leave: () => void;
} {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    take: async (signal) => {
      signal.throwIfAborted();
      if (free > 0) {
        free--;
        return;
      }
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      const sit = () => resolve(undefined);
      const give = () => {
        const place = waiting.indexOf(sit);
        // Whoever was called already has the seat, and leaves it as everybody does.
        if (place !== -1) waiting.splice(place, 1);
        reject(signal.reason as Error);
      };
      waiting.push(sit);
      signal.addEventListener("abort", give);
      try {
        await promise;
      } finally {
        signal.removeEventListener("abort", give);
      }
    },
    leave: () => {
      const next = waiting.shift();
      if (next) next();
      else free++;
    },
  };
}
