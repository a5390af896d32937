/**
 * Whether `text` matches `pattern`, in which `*` stands for any run of characters, also for none.
 * Case counts. Takes time linear in both for any one star, and never backtracks over more than the last one, so that no
 * pattern can stall a review.
 */
export function matches(pattern: string, text: string): boolean {
  let [p, t] = [0, 0];
  let [star, resume] = [-1, 0];
  while (t < text.length) {
    if (pattern[p] === "*") {
      [star, resume] = [p, t];
      p += 1;
    } else if (pattern[p] === text[t]) {
      [p, t] = [p + 1, t + 1];
    } else if (star >= 0) {
      resume += 1;
      [p, t] = [star + 1, resume];
    } else return false;
  }
  return /^\**$/.test(pattern.slice(p));
}

/** Whether one of the patterns means this path, or a folder in which it lies. */
export function isMeant(patterns: readonly string[], path: string): boolean {
  return patterns.some((pattern) => {
    const plain = pattern.replace(/^\.?\//, "").replace(/\/+$/, "");
    return matches(plain, path) || matches(`${plain}/*`, path);
  });
}
