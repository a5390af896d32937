import type { Finding } from "../../src/engine/types.ts";
import { defaultPolicy } from "../../src/policy/index.ts";
import { render } from "../../src/renderers/index.ts";
import { review } from "../../src/review.ts";
import { treeOf, type Files } from "./repository.ts";

const policy = defaultPolicy("2026-01-01");

/** What the change from one repository to another is told off for. */
export async function news(base: Files, head: Files): Promise<Finding[]> {
  const report = await review(treeOf(base, "base"), treeOf(head, "head"), policy, render);
  return report.findings.filter(({ standing }) => standing === "introduced" || standing === "worsened");
}

export const shown = ({ check, severity, subject, at, message }: Finding) =>
  `${severity} ${check} ${subject.ref} ${at.path}:${String(at.line)} ${message}`;
