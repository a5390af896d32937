import { at, list, object, type JsonObject } from "../../engine/json.ts";
import type { FieldPath, Json, Manifest, Problem, Severity } from "../../engine/types.ts";
import { scalarText } from "../../engine/words.ts";
import { defineCheck, severities } from "../define.ts";

const virtualService = (rule: string, first = "") => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ratings, namespace: shop }
spec:
  hosts: [ratings]
  http:
${first}    - route: [{ destination: { host: ratings } }]
${rule}`;

const fault = (what: string) => `      fault:\n        ${what}\n`;

const policy = (spec: string) => `apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
metadata: { name: ratings, namespace: shop }
spec:
  targetRefs: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: ratings }]
${spec}`;

export default defineCheck({
  kind: "transition",
  id: "fault-injected",
  title: "Requests of users are made to fail on purpose",
  pillar: "degradation",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "A fault that is injected into a route answers with an error, or waits, instead of the service. Left in production it is an outage for the share of requests that it names, from the deploy on; timeouts and retries of the route do not help against it.",
  fix: "Take the fault out of the production route, or let it match a header that only tests send.",
  references: [
    "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPFaultInjection",
    "https://gateway.envoyproxy.io/docs/tasks/traffic/fault-injection/",
  ],
  unsafe: [
    {
      title: "one request in ten is answered with an error",
      before: virtualService(""),
      after: virtualService(fault("abort: { httpStatus: 503, percentage: { value: 10 } } # <- finding")),
    },
    {
      title: "all requests wait",
      before: virtualService(""),
      after: virtualService(fault("delay: { fixedDelay: 5s, percentage: { value: 100 } } # <- finding")),
    },
    {
      title: "more requests fail than before",
      before: virtualService(fault("abort: { httpStatus: 503, percentage: { value: 1 } }")),
      after: virtualService(fault("abort: { httpStatus: 503, percentage: { value: 50 } } # <- finding")),
    },
    {
      title: "a policy of Envoy Gateway does it",
      before: policy("  retry: { numRetries: 3 }\n"),
      after: policy("  faultInjection:\n    abort: { httpStatus: 500 } # <- finding\n"),
    },
  ],
  safe: [
    {
      title: "it was there before",
      before: virtualService(fault("abort: { httpStatus: 503, percentage: { value: 10 } }")),
      after: virtualService(
        fault("abort: { httpStatus: 503, percentage: { value: 10 } }") + "      timeout: 3s\n",
      ),
    },
    {
      title: "without a share, no request is touched",
      before: virtualService(""),
      after: virtualService(fault("abort: { httpStatus: 503 }")),
    },
    {
      title: "it is taken out",
      before: virtualService(fault("delay: { fixedDelay: 5s, percentage: { value: 100 } }")),
      after: virtualService(""),
    },
    {
      title: "it is for staging",
      before: { "overlays/staging/ratings.yaml": virtualService("") },
      after: {
        "overlays/staging/ratings.yaml": virtualService(
          fault("abort: { httpStatus: 503, percentage: { value: 10 } }"),
        ),
      },
    },
    {
      title: "a rule with a fault moves behind another rule",
      before: virtualService(fault("abort: { httpStatus: 503, percentage: { value: 10 } }")),
      after: virtualService(
        fault("abort: { httpStatus: 503, percentage: { value: 10 } }"),
        "    - match: [{ uri: { prefix: /health } }]\n      route: [{ destination: { host: ratings } }]\n",
      ),
    },
  ],

  *run({ changes, after: world }) {
    if (world.environment === "staging" || world.environment === "development") return;
    for (const { before, after } of changes) {
      if (!after) continue;
      const old = before ? faultsOf(before) : [];
      for (const fault of faultsOf(after)) {
        const most = Math.max(0, ...old.filter(({ kind }) => kind === fault.kind).map(({ share }) => share));
        if (fault.share > most) yield problemOf(after, fault);
      }
    }
  },
});

interface Fault {
  readonly kind: "abort" | "delay";
  /** In percent of the requests. */
  readonly share: number;
  readonly path: FieldPath;
  readonly spec: JsonObject;
  /** It holds only for requests with a header or parameter, or from certain callers. */
  readonly chosen: boolean;
}

const KINDS = ["abort", "delay"] as const;

function faultsOf(manifest: Manifest): Fault[] {
  if (manifest.group === "gateway.envoyproxy.io" && manifest.kind === "BackendTrafficPolicy")
    return read(manifest, ["spec", "faultInjection"], { share: 100, chosen: false });
  if (manifest.group !== "networking.istio.io" || manifest.kind !== "VirtualService") return [];
  return list(manifest.get("spec", "http")).flatMap((rule, index) =>
    read(manifest, ["spec", "http", index, "fault"], { share: 0, chosen: isChosen(rule) }),
  );
}

/** The share where none is written: Istio touches no request then, Envoy Gateway all of them. */
function read(manifest: Manifest, path: FieldPath, rest: { share: number; chosen: boolean }): Fault[] {
  return KINDS.flatMap((kind) => {
    const spec = object(manifest.get(...path, kind));
    if (Object.keys(spec).length === 0) return [];
    const written = at(spec, ["percentage", "value"]) ?? spec["percentage"] ?? spec["percent"];
    const share = typeof written === "number" ? written : written === undefined ? rest.share : 0;
    return share > 0 ? [{ kind, share, path: [...path, kind], spec, chosen: rest.chosen }] : [];
  });
}

function isChosen(rule: Json): boolean {
  const matches = list(object(rule)["match"]).map(object);
  const narrow = ["headers", "queryParams", "sourceLabels", "sourceNamespace"];
  return matches.length > 0 && matches.every((match) => narrow.some((field) => match[field] !== undefined));
}

function problemOf(manifest: Manifest, { kind, share, path, spec, chosen }: Fault): Problem {
  const atMost: Severity = chosen ? "notice" : kind === "abort" ? "error" : "warning";
  const who = share >= 100 ? "every request" : `${share} % of the requests`;
  const status = spec["httpStatus"] ?? spec["grpcStatus"];
  const what =
    kind === "abort"
      ? `answers ${who}${status === undefined ? "" : ` with ${scalarText(status)}`} instead of the service`
      : `lets ${who} wait ${scalarText(spec["fixedDelay"])} before the service gets them`;
  return {
    subject: manifest,
    key: `${kind} ${chosen ? "chosen" : "all"}`,
    at: manifest.locate(...path),
    atMost,
    message: `${manifest.ref} ${what}${chosen ? ", where a header, a parameter or the caller matches" : ", from the deploy on: its users are hurt on purpose"}.`,
    fix: chosen
      ? `Make sure that no user's request matches, and take the ${kind} out of ${manifest.ref} after the test.`
      : `Take the ${kind} out of ${manifest.ref}, or put it into a rule that matches a header which only tests send.`,
  };
}
