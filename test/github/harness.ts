import { Probot } from "probot";
import type { Finding, Policy, Report, Severity, Tree } from "../../src/engine/types.ts";
import { NinesOctokit } from "../../src/github/app-octokit.ts";
import { createBlobCache } from "../../src/github/blob-cache.ts";
import { digestOf } from "../../src/github/external-id.ts";
import { reviewRequest } from "../../src/github/review-request.ts";
import type { Judge, Services } from "../../src/github/services.ts";
import type { ReviewRequest } from "../../src/queue/types.ts";
import { verdicts } from "../../src/policy/verdict.ts";
import { strictestDemands } from "../../src/policy/demands.ts";
import { startGitHub, type GitHub, type Options, type Repository } from "../github-server/index.ts";

const MARK = /# <- (error|warning|notice) (\w+)(?: suggest (.*))?$/;

interface Marked {
  readonly path: string;
  readonly line: number;
  readonly severity: Severity;
  readonly key: string;
  readonly suggest?: string;
}

const marksOf = ({ files }: Tree): Marked[] =>
  [...files].flatMap(([path, { text }]) =>
    text.split("\n").flatMap((content, index) => {
      const [, severity, key, suggest] = MARK.exec(content) ?? [];
      if (key === undefined) return [];
      return {
        path,
        line: index + 1,
        severity: severity as Severity,
        key,
        ...(suggest !== undefined && { suggest }),
      };
    }),
  );

function findingOf(
  { path, line, severity, key, suggest }: Marked,
  known: ReadonlySet<string>,
  policy: Policy,
): Finding {
  const subject = { ref: `Deployment/${key}`, kind: "Deployment", namespace: "", name: key, labels: {} };
  const setting = policy.checks["marked"]?.severity;
  return {
    check: "marked",
    title: "Something is marked",
    pillar: "redundancy",
    severity: setting === undefined || setting === "off" ? severity : setting,
    tier: "standard",
    standing: known.has(key) ? "existing" : "introduced",
    subject,
    units: ["."],
    environment: "unknown",
    at: { side: "head", path, line, column: 1, endLine: line, endColumn: 5 },
    message: `${key} is marked.`,
    fix: "Take the mark away.",
    fingerprint: digestOf(key),
    ...(suggest !== undefined && { suggestion: { path, line, endLine: line, text: suggest } }),
  };
}

/** A judgement whose findings are written in the files: `# <- error name`. */
export const markJudge: Judge = {
  checkIds: ["marked", "other"],
  review: (base, head, policy) => {
    const known = new Set(marksOf(base).map(({ key }) => key));
    const off = policy.checks["marked"]?.severity === "off";
    const findings = off ? [] : marksOf(head).map((mark) => findingOf(mark, known, policy));
    return Promise.resolve({
      version: 1,
      base: base.commit,
      head: head.commit,
      verdicts: verdicts(findings, [], policy, []),
      findings,
      floors: [],
      protections: [],
      stages: [],
      demands: strictestDemands(policy),
      fidelity: [],
      notes: head.notes,
      scope: { manifests: head.files.size, units: 1, pipelines: 0 },
    } satisfies Report);
  },
};

export interface Line {
  readonly level: string;
  readonly details: Record<string, unknown>;
  readonly message: string;
}

export interface World {
  readonly github: GitHub;
  readonly repository: Repository;
  readonly services: Services;
  readonly lines: Line[];
  readonly counted: string[];
  request(number: number, more?: Partial<ReviewRequest>): ReviewRequest;
  groupRequest(mergeGroup: { head: string; base: string; ref: string }): ReviewRequest;
  review(number: number, more?: Partial<ReviewRequest>): Promise<void>;
}

/** A GitHub with one repository, and what a review of its pull requests needs. */
export async function createWorld(
  files: Record<string, string> = {},
  options: Options = {},
  changed: Partial<Services> = {},
): Promise<World> {
  const github = await startGitHub(options);
  const repository = await github.createRepository("acme/shop", files);
  const probot = new Probot({
    appId: github.appId,
    privateKey: github.privateKey,
    secret: "for the tests",
    baseUrl: github.url,
    Octokit: NinesOctokit,
    logLevel: "fatal",
  });
  const lines: Line[] = [];
  const counted: string[] = [];
  const note = (level: string) => (details: object, message: string) =>
    void lines.push({ level, details: { ...details }, message });
  const services: Services = {
    appId: github.appId,
    octokit: (installation) => probot.auth(installation),
    log: { info: note("info"), warn: note("warn"), error: note("error") },
    cache: createBlobCache(),
    now: () => new Date(),
    count: (event) => void counted.push(event),
    judge: markJudge,
    ...changed,
  };
  const common = {
    installation: github.installation("acme"),
    owner: "acme",
    repo: "shop",
    delivery: "00000000-0000-4000-8000-000000000001",
  };
  const request = (number: number, more: Partial<ReviewRequest> = {}) => ({
    ...common,
    pull: number,
    ...more,
  });
  const groupRequest = (mergeGroup: { head: string; base: string; ref: string }) => ({
    ...common,
    mergeGroup,
  });
  const review = (number: number, more: Partial<ReviewRequest> = {}) =>
    reviewRequest(request(number, more), services, new AbortController().signal);
  return { github, repository, services, lines, counted, request, groupRequest, review };
}

export const MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shop\ndata:\n  a: b\n";

/** The check runs of a commit in the order of their creation: `name: conclusion`, or its status while it is open. */
export const outcome = ({ repository }: World, sha: string): string[] =>
  repository.checkRuns(sha).map(({ name, status, conclusion }) => `${name}: ${conclusion ?? status}`);
