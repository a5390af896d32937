import { setScalar } from "../../engine/edit.ts";
import { defineCheck, severities } from "../define.ts";

const deployment = (spec: string, image = "reviews:3") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: reviews, namespace: shop }
spec:
${spec}  replicas: 3
  selector: { matchLabels: { app: reviews } }
  template:
    metadata: { labels: { app: reviews } }
    spec: { containers: [{ name: reviews, image: "${image}" }] }
`;

const PAUSED = "  paused: true # <- finding\n";

export default defineCheck({
  kind: "state",
  id: "rollout-paused",
  title: "A Deployment no longer rolls out",
  pillar: "hot-swap",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "A paused Deployment takes every change of its pods and rolls none out, without an error: fixes and rollbacks look deployed, and the old pods go on running.",
  fix: "Remove paused, or pause with kubectl rollout pause for as long as somebody watches.",
  references: [
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pausing-and-resuming-a-deployment",
  ],
  unsafe: [
    { title: "a Deployment is paused", before: deployment(""), after: deployment(PAUSED) },
    {
      title: "it is paused by the change that brings a new version",
      before: deployment("  paused: false\n"),
      after: deployment(PAUSED, "reviews:4"),
    },
    { title: "a new Deployment begins paused", after: deployment(PAUSED) },
  ],
  safe: [
    {
      title: "the pause ends",
      before: deployment("  paused: true\n"),
      after: deployment(""),
    },
    {
      title: "it was paused before",
      before: deployment("  paused: true\n"),
      after: deployment("  paused: true\n", "reviews:4"),
    },
    {
      title: "a Job waits for its queue",
      after:
        "apiVersion: batch/v1\nkind: Job\nmetadata: { name: import }\nspec:\n  suspend: true\n  template: { spec: { restartPolicy: Never, containers: [{ name: import, image: import:1 }] } }\n",
    },
  ],

  *run(world) {
    for (const deployment of world.ofKind("Deployment")) {
      if (deployment.group !== "apps" || deployment.get("spec", "paused") !== true) continue;
      const suggestion = setScalar(deployment, ["spec", "paused"], "false");
      yield {
        subject: deployment,
        at: deployment.locate("spec", "paused"),
        message: `${deployment.ref} is paused: from the deploy on its old pods keep running whatever is deployed, a fix or a rollback too, and nothing reports that.`,
        fix: `Remove paused from ${deployment.ref}, or resume it with kubectl rollout resume deployment/${deployment.name} at once.`,
        ...(suggestion && { suggestion }),
      };
    }
  },
});
