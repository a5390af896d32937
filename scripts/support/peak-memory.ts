import { readFileSync } from "node:fs";

/**
 * The highest resident set of this process so far, in bytes.
 * Linux says it of the program itself in /proc. What `getrusage` says there is no use: a program started by a larger one
 * begins with the larger one's peak (setmax_mm_hiwater_rss in the kernel's exec).
 */
export function peakMemory(): number {
  const kibibytes =
    process.platform === "linux"
      ? Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1])
      : process.resourceUsage().maxRSS;
  return kibibytes * 1024;
}
