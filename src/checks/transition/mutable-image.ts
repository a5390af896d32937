import { plainScalar, setScalar } from "../../engine/edit.ts";
import { imageName, isMoving, isPinned, type ImageName } from "../../engine/image.ts";
import { string } from "../../engine/json.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Problem, Severity } from "../../engine/types.ts";
import { locateIn, type Container, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const checkout = (image: string, kind = "Deployment") => `apiVersion: apps/v1
kind: ${kind}
metadata: { name: checkout, namespace: shop }
spec:
  selector: { matchLabels: { app: checkout } }
  template:
    metadata: { labels: { app: checkout } }
    spec:
      containers:
        - name: api
          image: ${image}
`;

const migrate = (image: string) => `apiVersion: batch/v1
kind: CronJob
metadata: { name: report, namespace: shop }
spec:
  schedule: "0 4 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: report
              image: ${image}
`;

const DIGEST = "@sha256:6d47f2fbc71b2a24869920fe9c9ad579dab616b37ad5e8b3ab5beb33d9a85cfe";
const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "mutable-image",
  title: "An image that was pinned now floats",
  pillar: "transition",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "A tag such as latest, or the name of a branch, points to another image after every build. A pod that is replaced at night after a crash or a drain can start a version that nobody deployed, beside pods of the old one. And a later rollback brings nothing back, because the older manifest names the same tag.",
  fix: "Name a version or a digest, and change it with a pull request.",
  references: [
    "https://kubernetes.io/docs/concepts/containers/images/#image-names",
    "https://kubernetes.io/docs/concepts/configuration/overview/#container-images",
  ],
  unsafe: [
    {
      title: "the version is replaced by latest",
      before: checkout("registry.example.com:5000/shop/checkout:1.8.2"),
      after: checkout(`registry.example.com:5000/shop/checkout:latest${MARK}`),
    },
    {
      title: "the tag is left out, which means latest",
      before: checkout("ghcr.io/shop/checkout:v1.8.2", "StatefulSet"),
      after: checkout(`ghcr.io/shop/checkout${MARK}`, "StatefulSet"),
    },
    {
      title: "a digest is replaced by the name of a branch",
      before: checkout(`ghcr.io/shop/checkout${DIGEST}`, "DaemonSet"),
      after: checkout(`ghcr.io/shop/checkout:main${MARK}`, "DaemonSet"),
    },
    {
      title: "a pinned image gives way to somebody's latest",
      before: checkout("ghcr.io/shop/checkout:1.8.2"),
      after: checkout(`jane/checkout-debug:latest${MARK}`),
    },
  ],
  safe: [
    {
      title: "another version",
      before: checkout("ghcr.io/shop/checkout:1.8.2"),
      after: checkout("ghcr.io/shop/checkout:1.9.0"),
    },
    {
      title: "latest, with the digest that it had",
      before: checkout("ghcr.io/shop/checkout:1.8.2"),
      after: checkout(`ghcr.io/shop/checkout:latest${DIGEST}`),
    },
    {
      title: "it floated before",
      before: checkout("ghcr.io/shop/checkout:master"),
      after: checkout("ghcr.io/shop/checkout:latest"),
    },
    {
      title: "a registry with a port, and a version",
      before: checkout("localhost:5000/checkout:1.8.2"),
      after: checkout("localhost:5000/shop/checkout:1.8.3"),
    },
    {
      title: "a job that ends by itself",
      before: migrate("ghcr.io/shop/report:1.8.2"),
      after: migrate("ghcr.io/shop/report:latest"),
    },
  ],

  *run({ changes, before, after }) {
    for (const { before: old, after: now } of changes) {
      const was = old && before.workload(old);
      const is = now && after.workload(now);
      if (!was || !is || is.runsToCompletion) continue;
      const known = new Map(was.containers.map((container) => [container.name, container]));
      for (const container of is.containers) {
        const previous = known.get(container.name) ?? alone(was, is);
        if (previous) yield* floats(is, { container, previous }, after);
      }
    }
  },
});

/** The only container of a pod is the same one under another name. */
function alone(was: Workload, is: Workload): Container | undefined {
  return was.containers.length === 1 && is.containers.length === 1 ? was.containers[0] : undefined;
}

function* floats(
  workload: Workload,
  pair: { container: Container; previous: Container },
  world: World,
): Iterable<Problem> {
  const { container, previous } = pair;
  const [now, old] = [string(container.spec["image"]), string(previous.spec["image"])];
  if (!now || !old || isUnknown(now) || isUnknown(old)) return;
  const [is, was] = [imageName(now), imageName(old)];
  if (!isMoving(is) || !isPinned(was)) return;
  const suggestion =
    is.repository === was.repository
      ? setScalar(workload.manifest, [...container.path, "image"], plain(old))
      : undefined;
  const served = world.servicesOf(workload).length > 0;
  yield {
    subject: workload.manifest,
    key: container.name,
    at: locateIn(workload, container, "image"),
    ...atMost(container, world),
    message: `Container ${container.name} of ${workload.manifest.ref} runs ${now} instead of ${old}: ${tagText(is)}. A pod that is replaced can start another version than the others${served ? ", and users get answers from both" : ""}; a later rollback cannot bring a version back.`,
    fix: `Write ${is.repository} with a tag that never moves, such as a version, or with a digest (@sha256:…).`,
    ...(suggestion && { suggestion }),
  };
}

function atMost({ role }: Container, { environment }: World): { atMost?: Severity } {
  return role === "init" || environment === "development" ? { atMost: "notice" } : {};
}

function tagText({ tag }: ImageName): string {
  return tag === undefined || tag === ""
    ? "without a tag it is latest, which every build moves"
    : `the tag ${tag} moves with new builds`;
}

const plain = (image: string) => (/^[\w./:@-]+$/.test(image) ? image : plainScalar(image));
