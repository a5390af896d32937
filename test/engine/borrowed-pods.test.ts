import { expect, test } from "@jest/globals";
import { judge } from "../../scripts/generate/examples.ts";

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 0
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "web:1" }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web, namespace: shop }
spec: { minAvailable: 3, selector: { matchLabels: { app: web } } }
---
`;

const rollout = (replicas: number) => `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: web, namespace: shop }
spec:
  replicas: ${replicas}
  workloadRef: { apiVersion: apps/v1, kind: Deployment, name: web }
  strategy: { canary: { maxUnavailable: 1, maxSurge: 0 } }
`;

test("a Rollout that takes the pods of a Deployment has a row, and the Deployment has none", async () => {
  const { floors } = await judge({ before: DEPLOYMENT + rollout(5), after: DEPLOYMENT + rollout(4) });
  expect(floors).toMatchObject([
    {
      workload: "Rollout/shop/web",
      served: true,
      before: { replicas: 5, events: { rollout: 4 } },
      after: { replicas: 4, events: { rollout: 3, "node-drain": 3 } },
    },
  ]);
});
