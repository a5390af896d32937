import { routingsOf, type AlertRoute, type AlertRouting } from "../../engine/alert-routes.ts";
import type { Problem } from "../../engine/types.ts";
import { defineCheck, severities } from "../define.ts";

const config = (
  routes: string,
  receivers: string,
  main = "team",
) => `apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: { name: shop, namespace: shop }
spec:
  route:
    receiver: ${main}
    routes:
      ${routes}
  receivers:
    ${receivers}
`;

const PAGER = "- { name: pager, pagerdutyConfigs: [{ routingKey: { name: pager, key: key } }] }";
const TEAM = "- { name: team, slackConfigs: [{ channel: '#shop' }] }";
const NULL = '- { name: "null" }';
const ALL = [PAGER, TEAM, NULL].join("\n    ");

const critical = (receiver: string, mark = "") =>
  `- matchers: [{ name: severity, value: critical, matchType: "=" }]\n        receiver: ${receiver}${mark}`;
const watchdog =
  '- matchers: [{ name: alertname, value: Watchdog, matchType: "=" }]\n        receiver: "null"';

const secret = (receiver: string, mark = "") => `apiVersion: v1
kind: Secret
metadata: { name: alertmanager-main, namespace: monitoring }
stringData:
  alertmanager.yaml: |${mark}
    route:
      receiver: ${receiver}
    receivers:
      - name: pager
        webhook_configs: [{ url: "https://pager.example.com/hook" }]
      - name: nobody
`;

const release = (receiver: string, mark = "") => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: monitoring, namespace: monitoring }
spec:
  chart: { spec: { chart: kube-prometheus-stack } }
  values:
    alertmanager:
      config:
        route:
          receiver: nobody
          routes:
            - matchers: ['severity = "critical"']
              receiver: ${receiver}${mark}
        receivers:
          - name: pager
            webhook_configs: [{ url: "https://pager.example.com/hook" }]
          - name: nobody
`;

const file = (receiver: string, mark = "") => ({
  "monitoring/alertmanager.yml": `global: { resolve_timeout: 5m }
route:
  receiver: nobody
  routes:
    - match: { severity: critical }
      receiver: ${receiver}${mark}
receivers:
  - name: pager
    webhook_configs: [{ url: "https://pager.example.com/hook" }]
  - name: nobody
`,
});

const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "alert-routing-weakened",
  title: "Alerts that reached somebody reach nobody any more",
  pillar: "observability",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "The alerts fire as before, and Alertmanager gives them to a receiver that tells nobody. The next outage is shown in a list that nobody looks at, and users find it first.",
  fix: "Keep the route to a receiver that tells somebody. To stop messages for a while, use a silence with an end.",
  references: [
    "https://prometheus.io/docs/alerting/latest/configuration/#route",
    "https://prometheus-operator.dev/docs/developer/alerting/",
  ],
  unsafe: [
    {
      title: "critical alerts go to the receiver that tells nobody",
      before: config(critical("pager"), ALL),
      after: config(critical('"null"', MARK), ALL),
    },
    {
      title: "the receiver stays, and its integration goes",
      before: config(critical("pager"), ALL),
      after: config(critical("pager", MARK), [NULL, TEAM, "- { name: pager }"].join("\n    ")),
    },
    {
      title: "the route of critical alerts goes, and the rest goes to nobody",
      before: config(critical("pager"), ALL, '"null"'),
      after: config(watchdog, ALL, `"null"${MARK}`),
    },
    {
      title: "everything of an Alertmanager goes to a receiver without an integration",
      before: secret("pager"),
      after: secret("nobody", MARK),
    },
    {
      title: "the same in the values of a chart",
      before: release("pager"),
      after: release("nobody", MARK),
    },
    {
      title: "the same in Alertmanager's own file",
      before: file("pager"),
      after: file("nobody", MARK),
    },
    {
      title: "a new route takes a part of the alerts away",
      before: config(watchdog, ALL),
      after: config(critical('"null"', MARK), ALL),
    },
  ],
  safe: [
    {
      title: "the receiver's name is filled in elsewhere",
      before: config(critical("pager"), ALL),
      after: config(critical("${RECEIVER}"), ALL),
    },
    {
      title: "critical alerts go to another team",
      before: config(critical("pager"), ALL),
      after: config(critical("team"), ALL),
    },
    {
      title: "the alert that always fires goes to nobody",
      before: config(critical("pager"), ALL),
      after: config(`${critical("pager")}\n      ${watchdog}`, ALL),
    },
    {
      title: "the route goes, and the one above it tells somebody",
      before: config(critical("pager"), ALL),
      after: config(watchdog, ALL),
    },
    {
      title: "they went to nobody before",
      before: config(critical('"null"'), ALL),
      after: config(critical('"null"'), [PAGER, TEAM].join("\n    ")),
    },
    {
      title: "the receiver gets another name",
      before: config(critical("pager"), ALL),
      after: config(critical("oncall"), ALL.replace("name: pager,", "name: oncall,")),
    },
  ],

  *run({ before, after }) {
    const old = new Map(routingsOf(before).map((routing) => [nameOf(routing), routing]));
    for (const now of routingsOf(after)) {
      const was = old.get(nameOf(now));
      if (was) yield* silenced(was, now);
    }
  },
});

const nameOf = ({ ref, key }: AlertRouting) => `${ref} ${key}`;
const conditionsOf = ({ conditions }: AlertRoute) => conditions.join(" ");

function* silenced(was: AlertRouting, now: AlertRouting): Iterable<Problem> {
  const told = new Set<AlertRoute>();
  for (const route of was.routes) {
    const heir = routeFor(route, now);
    if (!route.tells || !heir || heir.tells || told.has(heir)) continue;
    told.add(heir);
    yield problem(now, heir, route);
  }
  yield* diverted(was, now, told);
}

/** New routes that take a part of what somebody was told of. */
function* diverted(was: AlertRouting, now: AlertRouting, told: ReadonlySet<AlertRoute>): Iterable<Problem> {
  const known = new Set(was.routes.map(conditionsOf));
  for (const route of now.routes) {
    if (route.tells || told.has(route) || known.has(conditionsOf(route)) || isIdle(route)) continue;
    const above = routeFor(route, was);
    if (!above?.tells) continue;
    const found = problem(now, route, { ...above, conditions: route.conditions });
    yield isOfOneAlert(route) ? { ...found, atMost: "notice" } : found;
  }
}

/** The route with the same conditions, else the nearest one above it. */
function routeFor(route: AlertRoute, { routes }: AlertRouting): AlertRoute | undefined {
  for (let depth = route.conditions.length; depth >= 0; depth--) {
    const wanted = route.conditions.slice(0, depth).join(" ");
    const found = routes.find((one) => conditionsOf(one) === wanted);
    if (found) return found;
  }
  return undefined;
}

/** Clusters that a cloud runs have alerts that can only be wrong, and each is switched off by its name. */
const isOfOneAlert = ({ conditions }: AlertRoute) => conditions.some((one) => /^alertname=[^~]/.test(one));

/** Alerts that nobody is to be told of: those that always fire, and those for information. */
function isIdle({ conditions }: AlertRoute): boolean {
  return conditions.some((one) =>
    /^alertname=~?.*(watchdog|infoinhibitor|deadmans)|^severity=~?["']?(none|info|debug)/i.test(one),
  );
}

function wayOf(ref: string, now: AlertRoute, was: AlertRoute): string {
  if (now.receiver === was.receiver)
    return `go to receiver ${now.receiver} of ${ref}, which no longer has an integration that tells anybody`;
  return now.receiver === ""
    ? `now go to no receiver in ${ref}, and went to ${was.receiver} until now`
    : `now go to receiver ${now.receiver} of ${ref}, which tells nobody, and went to ${was.receiver} until now`;
}

function problem({ manifest, locate }: AlertRouting, now: AlertRoute, was: AlertRoute): Problem {
  const which =
    was.conditions.length === 0
      ? "All alerts without a route of their own"
      : `Alerts with ${was.conditions.join(", ")}`;
  return {
    subject: manifest,
    key: was.conditions.join(" "),
    at: locate([...now.path, "receiver"]),
    message: `${which} ${wayOf(manifest.ref, now, was)}. When they fire, nobody is told.`,
    fix: `${now.receiver === was.receiver ? `Keep the integration of ${was.receiver}, or send them` : `Send them to ${was.receiver}, or`} to another receiver that tells somebody.`,
  };
}
