import type { Problem } from "../../engine/types.ts";
import { deployPairs } from "../../pipelines/compare.ts";
import type { Change } from "../../pipelines/compare.ts";
import type { Delivery } from "../../pipelines/delivery.ts";
import type { Deploy } from "../../pipelines/deploys.ts";
import type { Job } from "../../pipelines/model.ts";
import {
  checkouts,
  imagesOf,
  isBranch,
  usedBy,
  versionsOf,
  type Pin,
  type Version,
} from "../../pipelines/pins.ts";
import { deploySubject, shown } from "../../pipelines/problems.ts";
import { defineCheck, severities } from "../define.ts";

const SHA = "0123456789abcdef0123456789abcdef01234567";
const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;
const files = (steps: string, on = "push: { branches: [main] }"): Record<string, string> => ({
  ".github/workflows/release.yml": `on:
  ${on}
jobs:
  deploy-production:
    runs-on: ubuntu-latest
    steps:
${steps}      - run: helm upgrade --install shop ./chart
`,
});
const uses = (ref: string, mark = ""): string => `      - uses: acme/setup-cluster@${ref}${mark}\n`;
const AFTER_CI = "workflow_run: { workflows: [ci], types: [completed], branches: [main] }";
const checkout = (ref: string, mark = ""): string => `      - uses: actions/checkout@v5${mark}\n${ref}`;
const HEAD_SHA = "        with: { ref: '${{ github.event.workflow_run.head_sha }}' }\n";
const image = (name: string, mark = ""): string =>
  `      - run: kubectl --context production set image deploy/web web=${name}${mark}\n`;
const chart = (set: string, mark = ""): string =>
  `      - run: helm upgrade --install web ./charts/web -n production --set ${set}${mark}\n`;

export default defineCheck({
  id: "deploy-unpinned",
  title: "A deploy no longer says which version it runs",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "A branch, `latest` or the newest commit is whatever somebody pushed last. The next deploy runs what no test of this repository has seen, and a rollback brings the same again.",
  fix: "Name the version: a commit or a tag of an action, the digest of an image, the commit that was tested.",
  references: [
    "https://docs.github.com/en/actions/reference/security/secure-use#using-third-party-actions",
    "https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflow_run",
  ],
  unsafe: [
    {
      title: "an action of the deploy goes from a commit to a branch",
      before: files(uses(SHA)),
      after: files(uses("main", " # <- finding")),
    },
    {
      title: "an action of the deploy goes from a tag to a branch",
      before: files(uses("v2.1.0")),
      after: files(uses("master", " # <- finding")),
    },
    {
      title: "a deploy after the tests no longer checks out what they tested",
      before: files(checkout(HEAD_SHA), AFTER_CI),
      after: files(checkout("", " # <- finding"), AFTER_CI),
    },
    {
      title: "the image goes from a digest to latest",
      before: files(image(`ghcr.io/acme/web@${DIGEST}`)),
      after: files(image("ghcr.io/acme/web:latest", " # <- finding")),
    },
    {
      title: "the chart's image goes from a commit to latest",
      before: files(chart("image.tag=${{ github.sha }}")),
      after: files(chart("image.tag=latest", " # <- finding")),
    },
    {
      title: "the chart is told to take latest",
      before: files(chart("replicas=3")),
      after: files(chart("replicas=3,image.tag=latest", " # <- finding")),
    },
    {
      title: "the image goes from a commit to latest",
      before: files(image("ghcr.io/acme/web:$GITHUB_SHA")),
      after: files(image("ghcr.io/acme/web:latest", " # <- finding")),
    },
  ],
  safe: [
    {
      title: "it was latest before, in the chart's values",
      before: { ...files(chart("replicas=3")), "chart/values.yaml": "image: { tag: latest }\n" },
      after: { ...files(chart("image.tag=latest")), "chart/values.yaml": "image: { tag: latest }\n" },
    },
    {
      title: "the chart's image is named by a version in another way",
      before: files(chart("image.tag=${{ github.sha }}")),
      after: files(chart("image.tag=v1.4.0")),
    },
    {
      title: "latest is pushed too, and not deployed",
      before: files(image("ghcr.io/acme/web:$GITHUB_SHA")),
      after: files(
        `      - run: docker push ghcr.io/acme/web:latest\n${image("ghcr.io/acme/web:$GITHUB_SHA")}`,
      ),
    },
    {
      title: "the action goes from a tag to a newer one",
      before: files(uses("v2.1.0")),
      after: files(uses("v3")),
    },
    { title: "it was a branch before", before: files(uses("main")), after: files(uses("master")) },
    {
      title: "the commit that was tested is checked out by its number",
      before: files(checkout(HEAD_SHA), AFTER_CI),
      after: files(
        checkout("        with: { ref: '${{ github.event.workflow_run.head_commit.id }}' }\n"),
        AFTER_CI,
      ),
    },
    {
      title: "the image gets another digest",
      before: files(image(`ghcr.io/acme/web@${DIGEST}`)),
      after: files(image(`ghcr.io/acme/web@${DIGEST.replace("01", "10")}`)),
    },
    {
      title: "a job that deploys nothing and is not waited for changes",
      before: {
        ...files(""),
        ".github/workflows/docs.yml": `on: push\njobs:\n  docs:\n    steps:\n${uses(SHA)}`,
      },
      after: {
        ...files(""),
        ".github/workflows/docs.yml": `on: push\njobs:\n  docs:\n    steps:\n${uses("main")}`,
      },
    },
  ],

  run: (change) => deployPairs(change).flatMap((pair) => problemsOf(pair, change)),
});

interface Pair {
  readonly before: Deploy;
  readonly after: Deploy;
}

function problemsOf(pair: Pair, change: Change): Problem[] {
  const was = onWay(pair.before, change.before);
  const is = onWay(pair.after, change.after);
  const used = loosened(usedBy(was), usedBy(is));
  const images = loosened(imagesOf(pair.before), imagesOf(pair.after));
  const pinned = [...used, ...images].map((pins) => pinProblem(pins, pair));
  const versions = pinned.length > 0 ? [] : movingVersions(pair, change);
  return [...pinned, ...versions, ...checkoutProblems(was, is, pair)];
}

/** The jobs that deploy, those that call them, and those that must pass before them. */
function onWay(deploy: Deploy, { gates }: Delivery): Job[] {
  const tests = gates.filter(({ deploy: own, worst }) => own === deploy && worst.verdict === "required");
  const own = deploy.pipeline.jobs.filter(({ root }) => root === deploy.root.id);
  return [...new Set([...own, ...tests.map(({ evidence }) => evidence.job)])];
}

interface Loosened {
  readonly before: Pin;
  readonly after: Pin;
}

const floats = (pin: Pin): boolean => pin.ref === ":latest" || isBranch(pin);

/** What was named by a version everywhere, and floats now. */
function loosened(before: readonly Pin[], after: readonly Pin[]): Loosened[] {
  const names = [...new Set(after.map(({ name }) => name))];
  return names.flatMap((name) => {
    const was = before.filter((pin) => pin.name === name);
    const is = after.find((pin) => pin.name === name && floats(pin));
    const [first] = was;
    return first && is && !was.some(floats) ? [{ before: first, after: is }] : [];
  });
}

const written = ({ name, ref }: Pin): string => (/^[@:]/.test(ref) ? `${name}${ref}` : `${name}@${ref}`);

function pinProblem({ before, after }: Loosened, { after: deploy }: Pair): Problem {
  const root = `${deploy.root.id} (${shown(deploy.root.at)})`;
  const what =
    after.job.root === deploy.root.id
      ? `${root} deploys with`
      : `${after.job.id}, for which ${root} waits, runs`;
  const message = `${what} \`${written(after)}\`, until now \`${written(before)}\`: from now on it is whatever was pushed there last, tested or not.`;
  const fix = `Keep \`${written(before)}\`, or name the newer version in its place.`;
  return { subject: deploySubject(deploy), at: after.at, message, fix, key: after.name };
}

/** Versions that are named by a tag that moves, and were not so before. */
function movingVersions(pair: Pair, change: Change): Problem[] {
  const before = versionsOf(pair.before);
  const after = versionsOf(pair.after).filter(({ moves }) => moves);
  return after.flatMap((is) => {
    const was = before.filter(({ name }) => name === is.name);
    if (was.some(({ moves }) => moves) || (was.length === 0 && movedAlready(is, change))) return [];
    return [versionProblem(is, was[0], pair)];
  });
}

/** Whether something that may have decided until now said the same: a values file, another command. */
function movedAlready({ ref }: Version, { before }: Change): boolean {
  const tag = new RegExp(String.raw`\b\w*tag["']?\s*[:=]\s*["']?${ref.replace(/^:/, "")}\b`, "i");
  return before.paths.some((path) => /\.ya?ml$/.test(path) && tag.test(before.text(path) ?? ""));
}

function versionProblem(is: Version, was: Version | undefined, { after: deploy }: Pair): Problem {
  const root = `${deploy.root.id} (${shown(deploy.root.at)})`;
  const until = was ? `, until now \`${was.text}\`` : "";
  const message = `${root} deploys \`${is.text}\`${until}: it runs whatever was pushed under that name last, tested or not, and a rollback pulls the same again.`;
  const fix = was
    ? `Deploy \`${was.text}\` again.`
    : `Name the image that was tested: its digest, or a tag that is never pushed twice, such as the commit.`;
  return { subject: deploySubject(deploy), at: is.at, message, fix, key: is.name };
}

const TESTED = /workflow_run\.head_(sha|commit\.id|branch)/;

/** After a `workflow_run`, a checkout without a ref takes the newest commit of the default branch. */
function checkoutProblems(before: readonly Job[], after: readonly Job[], { after: deploy }: Pair): Problem[] {
  if (!deploy.pipeline.triggers.some(({ event }) => event === "workflow_run")) return [];
  const was = checkouts(before).find(({ step }) => TESTED.test(step.arguments["ref"] ?? ""));
  const all = checkouts(after);
  const bare = all.find(({ step }) => (step.arguments["ref"] ?? "") === "");
  if (!was || !bare || all.some(({ step }) => (step.arguments["ref"] ?? "") !== "")) return [];
  const message = `${deploy.root.id} (${shown(deploy.root.at)}) starts after another workflow and no longer checks out the commit that it tested (\`${was.step.arguments["ref"] ?? ""}\`): it deploys the newest commit of the default branch, tested or not.`;
  const fix = `Give the checkout \`ref: ${was.step.arguments["ref"] ?? ""}\` again.`;
  return [{ subject: deploySubject(deploy), at: bare.step.at, message, fix, key: "checkout" }];
}
