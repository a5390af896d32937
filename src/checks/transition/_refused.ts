import { setScalar } from "../../engine/edit.ts";
import type { Refusal } from "../../engine/refusal.ts";
import type { Manifest, Problem } from "../../engine/types.ts";

/** What is said of something that the API server refuses. */
export function refusalProblem(manifest: Manifest, { path, what, fix, mend }: Refusal): Problem {
  const suggestion = mend === undefined ? undefined : setScalar(manifest, path, mend);
  return {
    subject: manifest,
    key: path.join("."),
    at: manifest.locate(...path),
    message: `${manifest.ref}: ${what}. The API server refuses that, and the deploy stops there.`,
    fix,
    ...(suggestion && { suggestion }),
  };
}
