import { removedApi, standingOf, type ApiStanding, type RemovedApi } from "../../engine/api-versions.ts";
import { setScalar } from "../../engine/edit.ts";
import { list, object, string } from "../../engine/json.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const budget = (version: string) => `apiVersion: ${version}
kind: PodDisruptionBudget
metadata: { name: shop, namespace: shop }
spec: { maxUnavailable: 1, selector: { matchLabels: { app: shop } } }
`;

const report = (version: string) => `apiVersion: ${version}
kind: CronJob
metadata: { name: report, namespace: shop }
spec:
  schedule: "0 4 * * *"
  jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: report, image: "report:1" }] } } } }
`;

const definition = (old: boolean) => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: tenants.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { kind: Tenant, plural: tenants }
  versions:
    - { name: v1, served: true, storage: true }
    - { name: v1beta1, served: ${String(old)}, storage: false }
`;

const tenant = (version: string) => `apiVersion: ${version}
kind: Tenant
metadata: { name: acme, namespace: shop }
spec: { plan: gold }
`;

const certificate = (version: string) => `apiVersion: ${version}
kind: Certificate
metadata: { name: shop, namespace: shop }
spec: { secretName: shop-tls, dnsNames: [shop.example.com], issuerRef: { name: main, kind: ClusterIssuer } }
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "state",
  id: "api-removed",
  title: "An object is written in an API version that is not served",
  pillar: "transition",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "The API server does not know the version and refuses the object: the deploy stops there, often in the middle of a release. Where the version of a custom resource is no longer served, every program that still asks for it gets 404 from that moment on.",
  fix: "Write the object in the version that is served, and compare its fields with that version's.",
  references: [
    "https://kubernetes.io/docs/reference/using-api/deprecation-guide/",
    "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/",
  ],
  unsafe: [
    { title: "a new object in a version that was removed long ago", after: report(`batch/v1beta1${MARK}`) },
    {
      title: "a budget goes back to an old version",
      before: budget("policy/v1"),
      after: budget(`policy/v1beta1${MARK}`),
    },
    {
      title: "a custom resource's version is no longer served, and an object is still written in it",
      before: { "crd.yaml": definition(true), "tenant.yaml": tenant("example.com/v1beta1") },
      after: { "crd.yaml": definition(false), "tenant.yaml": tenant(`example.com/v1beta1${MARK}`) },
    },
    {
      title: "a certificate in a version that cert-manager no longer serves",
      after: certificate(`cert-manager.io/v1alpha2${MARK}`),
    },
  ],
  safe: [
    { title: "a certificate in today's version", after: certificate("cert-manager.io/v1") },
    { title: "the version that is served", before: budget("policy/v1beta1"), after: budget("policy/v1") },
    {
      title: "it was written so before",
      before: report("batch/v1beta1"),
      after: report("batch/v1beta1").replace("report:1", "report:2"),
    },
    {
      title: "objects move to the version that stays",
      before: { "crd.yaml": definition(true), "tenant.yaml": tenant("example.com/v1beta1") },
      after: { "crd.yaml": definition(false), "tenant.yaml": tenant("example.com/v1") },
    },
    { title: "the definition is not here", after: tenant("example.com/v1alpha1") },
  ],

  *run(world) {
    const served = servedVersions(world);
    const { version } = world.cluster;
    for (const manifest of world.manifests) {
      const api = removedApi(manifest);
      // What a definition of the repository says is surer than what everybody's says.
      const defined = served.has(`${manifest.group}/${manifest.kind}`);
      const standing = api && !defined ? standingOf(api, version) : undefined;
      if (api && standing) yield removed(manifest, api, { standing, version });
      else yield* unserved(manifest, served);
    }
  },
});

interface Place {
  readonly standing: ApiStanding;
  /** The cluster's, where the policy says it. */
  readonly version: string | undefined;
}

function removed(manifest: Manifest, api: RemovedApi, place: Place): Problem {
  const { replacement, sameFields, by, removedIn } = api;
  const written = `${manifest.group}/${manifest.version}`;
  const suggestion =
    sameFields === true && replacement !== undefined
      ? setScalar(manifest, ["apiVersion"], replacement)
      : undefined;
  const isCertain = place.standing === "gone" && place.version !== undefined && by === undefined;
  return {
    subject: manifest,
    key: written,
    at: manifest.locate("apiVersion"),
    // Where nobody says how new the cluster or the operator is, it may be as old as the object.
    atMost: isCertain ? "warning" : "notice",
    message: messageOf(manifest.ref, written, { api, place }),
    fix:
      replacement === undefined
        ? `Remove ${manifest.ref}: Kubernetes has nothing in its place since ${removedIn}.`
        : `Write apiVersion: ${replacement}${sameFields === true ? "" : ", and adapt the fields that differ in that version"}.`,
    ...(suggestion && { suggestion }),
  };
}

function messageOf(ref: string, written: string, { api, place }: { api: RemovedApi; place: Place }): string {
  const { by = "Kubernetes", removedIn } = api;
  if (place.standing === "going")
    return `${ref} is written in ${written}, which ${by} stops serving in ${removedIn}, and the cluster has ${place.version ?? ""}: after that upgrade the API server refuses it, and every deploy of it fails.`;
  const cluster =
    place.version !== undefined && api.by === undefined
      ? `the cluster (${place.version}, as the policy says)`
      : "a cluster with that version or a newer one";
  return `${ref} is written in ${written}, which ${by} no longer serves since ${removedIn}: ${cluster} refuses it, and the deploy fails there.`;
}

/** Versions that the definitions of the unit serve, by group and kind. */
function servedVersions(world: World): Map<string, readonly string[]> {
  return new Map(
    world.everywhere("CustomResourceDefinition").map((definition) => {
      const versions = list(definition.get("spec", "versions")).map(object);
      const served = versions
        .filter((version) => version["served"] !== false)
        .flatMap((version) => string(version["name"]) ?? []);
      const key = `${string(definition.get("spec", "group")) ?? ""}/${string(definition.get("spec", "names", "kind")) ?? ""}`;
      return [key, served];
    }),
  );
}

function* unserved(manifest: Manifest, served: ReadonlyMap<string, readonly string[]>): Iterable<Problem> {
  const versions = served.get(`${manifest.group}/${manifest.kind}`);
  if (!versions || versions.length === 0 || versions.includes(manifest.version)) return;
  yield {
    subject: manifest,
    key: `${manifest.group}/${manifest.version}`,
    at: manifest.locate("apiVersion"),
    message: `${manifest.ref} is written in ${manifest.group}/${manifest.version}, and its definition serves only ${versions.join(", ")}: the API server refuses it, and programs that ask for ${manifest.version} get 404.`,
    fix: `Keep served: true for ${manifest.version} in its CustomResourceDefinition until nothing uses that version, and write apiVersion: ${manifest.group}/${versions[0] ?? ""} in ${manifest.ref}.`,
  };
}
