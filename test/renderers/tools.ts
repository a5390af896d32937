import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "@jest/globals";
import { defaultPolicy } from "../../src/policy/index.ts";
import type { Finding, Rendering, Report } from "../../src/engine/types.ts";
import { render } from "../../src/renderers/index.ts";
import { review } from "../../src/review.ts";
import { treeOf } from "../engine/files.ts";

export { chart, WEB } from "./charts.ts";

/** The real binaries come with the development dependencies. */
process.env["PATH"] = `${join(import.meta.dirname, "../../node_modules/.bin")}:${process.env["PATH"] ?? ""}`;

function isThere(tool: "helm" | "kubectl"): boolean {
  try {
    execFileSync(tool, tool === "helm" ? ["version"] : ["version", "--client"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Where a binary is missing its tests are skipped by name; on CI they fail. */
const runs = (tool: "helm" | "kubectl") =>
  isThere(tool) || process.env["CI"] !== undefined ? test : test.skip;

export const withHelm = runs("helm");
export const withKubectl = runs("kubectl");

export type Files = Readonly<Record<string, string>>;

export async function rendered(
  head: Files,
  base: Files = head,
): Promise<{ base: Rendering; head: Rendering }> {
  return render(treeOf(base, "base"), treeOf(head));
}

export async function judged(base: Files, head: Files): Promise<Report> {
  return review(treeOf(base, "base"), treeOf(head), defaultPolicy("2026-01-01"), render);
}

/** What is new: `severity check path:line`. */
export function news({ findings }: Pick<Report, "findings">): string[] {
  const isNew = ({ standing }: Finding) => standing === "introduced" || standing === "worsened";
  return findings
    .filter(isNew)
    .map(({ severity, check, at }) => `${severity} ${check} ${at.path}:${at.line}`)
    .sort();
}

/** `Kind/name` of each object of a unit. */
export function objects({ units }: Rendering): Record<string, string[]> {
  return Object.fromEntries(
    units.map(({ id, manifests }) => [id, manifests.map(({ kind, name }) => `${kind}/${name}`).sort()]),
  );
}

export const messages = ({ notes }: Pick<Rendering, "notes">) =>
  notes.map(({ message }) => message).join("\n");
