import { list } from "../../engine/json.ts";
import type { FieldPath, Manifest, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import { defineCheck, severities, type Transition } from "../define.ts";
import { blockedIn, flowOf, type Blocked } from "./_policy-flows.ts";

const deployment = (name: string, env = "") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: shop }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers:
        - name: ${name}
          image: ${name}:1
          ports: [{ containerPort: 8080 }]
          env: [${env}]
---
`;

const CART = `${deployment("cart")}apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop }
spec:
  selector: { app: cart }
  ports: [{ port: 80, targetPort: 8080 }]
---
`;

const CHECKOUT = deployment("checkout", '{ name: CART_URL, value: "http://cart" }');

const ROUTE = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: cart, namespace: shop }
spec:
  rules:
    - host: cart.example.com
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: cart, port: { number: 80 } } } }] }
---
`;

const policy = (pods: string, types: string, rules: string) => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: guard, namespace: shop }
spec:
  podSelector: ${pods}
  policyTypes: [${types}]
${rules}`;

const from = (peer: string, mark = "") => `  ingress:${mark}
    - from: [${peer}]
`;

const to = (rules: string, mark = "") => `  egress:${mark}\n${rules}`;

const MARK = " # <- finding";
const CART_PODS = "{ matchLabels: { app: cart } }";
const MONITORING = "{ namespaceSelector: { matchLabels: { team: monitoring } } }";
const PODS = (app: string) => `{ podSelector: { matchLabels: { app: ${app} } } }`;
const DNS = "    - ports: [{ port: 53, protocol: UDP }]\n";
const ANY_CART = "    - to: [{ podSelector: { matchLabels: { app: cart } } }]\n";

export default defineCheck({
  kind: "transition",
  id: "network-policy-lockout",
  title: "A NetworkPolicy cuts traffic that is needed",
  pillar: "transition",
  severity: severities("error", "error", "warning"),
  confidence: "likely",
  why: "As soon as one policy selects a pod, everything that no policy allows is dropped. A caller that no rule names runs into time-outs from the moment of the deploy, though every pod is up and ready.",
  fix: "Add a rule for each flow that is cut: the callers' labels and the port of the pods. For outgoing traffic, always allow DNS: UDP and TCP 53.",
  references: [
    "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    "https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-deny-all-egress-traffic",
  ],
  unsafe: [
    {
      title: "a workload that calls the Service is not in the list",
      before: CART + CHECKOUT,
      after: CART + CHECKOUT + policy(CART_PODS, "Ingress", from(PODS("web"), MARK)),
    },
    {
      title: "only the monitoring may come in, and an Ingress sends visitors there",
      before: CART + ROUTE,
      after: CART + ROUTE + policy(CART_PODS, "Ingress", from(MONITORING, MARK)),
    },
    {
      title: "only the monitoring may come in, and nobody here says who calls",
      before: CART,
      after: CART + policy(CART_PODS, "Ingress", from(MONITORING, MARK)),
    },
    {
      title: "everything is denied in both directions",
      before: CART + CHECKOUT,
      after: CART + CHECKOUT + policy("{}", "Ingress, Egress", "").replace("Egress]", `Egress]${MARK}`),
    },
    {
      title: "outgoing traffic is limited and DNS is forgotten",
      before: CART + CHECKOUT,
      after: CART + CHECKOUT + policy("{ matchLabels: { app: checkout } }", "Egress", to(ANY_CART, MARK)),
    },
    {
      title: "a rule is dropped that a client needs",
      before: CART + CHECKOUT + policy(CART_PODS, "Ingress", from(`${PODS("web")}, ${PODS("checkout")}`)),
      after: CART + CHECKOUT + policy(CART_PODS, "Ingress", from(PODS("web"), MARK)),
    },
    {
      title: "another port is allowed than the pods listen on",
      before: CART + CHECKOUT,
      after:
        CART +
        CHECKOUT +
        policy(CART_PODS, "Ingress", `${from(PODS("checkout"), MARK)}      ports: [{ port: 80 }]\n`),
    },
  ],
  safe: [
    {
      title: "every caller that can be seen is in the list",
      before: CART + CHECKOUT,
      after:
        CART +
        CHECKOUT +
        policy(CART_PODS, "Ingress", `${from(PODS("checkout"))}      ports: [{ port: 8080 }]\n`),
    },
    {
      title: "the controller's namespace may come in",
      before: CART + ROUTE,
      after:
        CART +
        ROUTE +
        policy(CART_PODS, "Ingress", from("{ namespaceSelector: { matchLabels: { name: edge } } }")),
    },
    {
      title: "a second policy lets the callers in",
      before: CART + CHECKOUT,
      after: `${CART}${CHECKOUT}${policy("{}", "Ingress", "")}---\n${policy(CART_PODS, "Ingress", from(PODS("checkout"))).replace("name: guard", "name: cart")}`,
    },
    {
      title: "outgoing traffic is limited to the Service and DNS",
      before: CART + CHECKOUT,
      after: CART + CHECKOUT + policy("{ matchLabels: { app: checkout } }", "Egress", to(ANY_CART + DNS)),
    },
    {
      title: "policies of the network's own kind stand beside it and may allow the rest",
      before: CART + CHECKOUT,
      after: `${CART}${CHECKOUT}${policy(CART_PODS, "Ingress", from(PODS("web")))}---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: { name: cart, namespace: shop }\nspec: { endpointSelector: {} }\n`,
    },
    {
      title: "the flow was cut before",
      before: CART + CHECKOUT + policy(CART_PODS, "Ingress", from(PODS("web"))),
      after: CART + CHECKOUT + policy(CART_PODS, "Ingress", from(PODS("shop"))),
    },
    {
      title: "the pods use the network of their node, where policies do not reach",
      before: CART.replace("    spec:", "    spec:\n      hostNetwork: true") + CHECKOUT,
      after:
        CART.replace("    spec:", "    spec:\n      hostNetwork: true") +
        CHECKOUT +
        policy(CART_PODS, "Ingress", from(PODS("web"))),
    },
  ],

  *run(transition) {
    if (transition.after.ofKind("NetworkPolicy").length === 0) return;
    const before = new Set(blockedIn(transition.before).map(flowOf));
    const blocked = blockedIn(transition.after).filter((flow) => !before.has(flowOf(flow)));
    const ranks = ranksOf(transition);
    const groups = Map.groupBy(blocked, (flow) => {
      const { ref } = culprit(flow, ranks);
      return JSON.stringify([ref, flow.kind, flow.kind === "dns" || flow.kind === "egress" ? "" : flow.to]);
    });
    for (const group of groups.values()) yield problemOf(group, ranks);
  },
});

/** 0 for a policy that is new, 1 for one that is changed; those that are as they were have none. */
function ranksOf({ changes }: Transition): ReadonlyMap<Manifest, number> {
  const policies = changes.flatMap(({ before, after }): (readonly [Manifest, number])[] => {
    if (after?.kind !== "NetworkPolicy" || before?.object === after.object) return [];
    return [[after, before ? 1 : 0]];
  });
  return new Map(policies);
}

/** The policy that is new, or else changed, or else the first that is in force. */
function culprit({ policies }: Blocked, ranks: ReadonlyMap<Manifest, number>): Manifest {
  const rank = (policy: Manifest) => ranks.get(policy) ?? 2;
  const [first] = [...policies].sort((a, b) => rank(a) - rank(b));
  if (!first) throw new Error("a flow is stopped by a policy");
  return first;
}

function problemOf(group: readonly Blocked[], ranks: ReadonlyMap<Manifest, number>): Problem {
  const first = group[0] as Blocked;
  const policy = culprit(first, ranks);
  const names = [...new Set(group.map(({ from: caller }) => caller))];
  const targets = [...new Set(group.map(({ to: target }) => target))];
  const outgoing = first.kind === "dns" || first.kind === "egress";
  const text = TEXTS[first.kind](listText(names), listText(targets));
  return {
    subject: policy,
    key: outgoing ? first.kind : `${first.kind} ${first.to}`,
    at: policy.locate(...placeOf(policy, outgoing ? "egress" : "ingress")),
    ...(!first.proven && { atMost: "warning" }),
    message: `${policy.ref} ${text.what}`,
    fix: `In ${policy.ref}, ${text.fix}.`,
  };
}

function placeOf(policy: Manifest, rules: "ingress" | "egress"): FieldPath {
  if (list(policy.get("spec", rules)).length > 0) return ["spec", rules];
  return policy.get("spec", "policyTypes") === undefined ? ["spec", "podSelector"] : ["spec", "policyTypes"];
}

type Text = (from: string, to: string) => { readonly what: string; readonly fix: string };

const TEXTS: Readonly<Record<Blocked["kind"], Text>> = {
  client: (caller, to) => ({
    what: `does not let the pods of ${caller} reach ${to}, which their settings name. Those calls time out from the deploy on.`,
    fix: `add a rule that lets the pods of ${caller} reach the port behind ${to}`,
  }),
  egress: (caller, to) => ({
    what: `does not let the pods of ${caller} send to ${to}, which their settings name. Those calls time out from the deploy on.`,
    fix: `add an egress rule that lets the pods of ${caller} reach the pods behind ${to}`,
  }),
  visitors: (route, to) => ({
    what: `lets no ingress controller reach the pods of Service ${to}, and ${route} sends visitors there. Unless another policy allows it, visitors get time-outs from the deploy on.`,
    fix: `add a rule that lets the namespace of the ingress controller reach the pods of ${to}`,
  }),
  outside: (_, to) => ({
    what: `lets only pods of the cluster reach Service ${to}, which has an address for clients outside. Unless another policy allows them, those clients get time-outs from the deploy on.`,
    fix: `add a rule with an ipBlock for the clients of ${to}`,
  }),
  unseen: (_, to) => ({
    what: `lets at most the monitoring reach the pods of Service ${to}. Unless another policy allows it, whoever calls ${to} gets time-outs from the deploy on.`,
    fix: `add a rule that lets in the callers of ${to}`,
  }),
  peers: (_, to) => ({
    what: `does not let the members of a StatefulSet reach each other at ${to}. They lose contact with each other from the deploy on: there is no fail-over, or the cluster splits.`,
    fix: `add a rule that lets the pods reach each other at the port behind ${to}`,
  }),
  monitor: (monitor, to) => ({
    what: `does not let Prometheus reach ${to}, which ${monitor} scrapes. Its metrics stop, and alerts on them go silent.`,
    fix: `add a rule that lets the pods of Prometheus reach the port behind ${to}`,
  }),
  dns: (caller) => ({
    what: `limits what the pods of ${caller} may send, and does not allow DNS. From the deploy on they cannot resolve any name, of a Service or of a host outside.`,
    fix: "add an egress rule with the ports UDP 53 and TCP 53",
  }),
};
