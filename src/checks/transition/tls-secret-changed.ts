import { insertInto, setScalar } from "../../engine/edit.ts";
import { list, object, string } from "../../engine/json.ts";
import { classOf, coversHost, routesFor } from "../../engine/routes.ts";
import { sameNamespace } from "../../engine/selectors.ts";
import { decode, isUnknown } from "../../engine/template.ts";
import type { FieldPath, Manifest, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";
import { issuerOf, issuers } from "./_test-issuer.ts";

const ingress = (tls: string, notes = "") => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
${notes}spec:
${tls}  rules:
    - host: shop.example.com
      http:
        paths: [{ path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }]
`;

const tls = (secret: string) => `  tls:
    - hosts: [shop.example.com]
      secretName: ${secret}
`;

const certificate = (secret: string) => `apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: ${secret} }
spec: { secretName: ${secret}, dnsNames: [shop.example.com], issuerRef: { name: letsencrypt } }
`;

const secret = (name: string) => `apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: { name: ${name} }
spec: { encryptedData: { tls.crt: AgB1, tls.key: AgB2 } }
`;

const MARK = " # <- finding";
const issuer = (name: string) => `  annotations:\n    cert-manager.io/cluster-issuer: ${name}\n`;

export default defineCheck({
  kind: "transition",
  id: "tls-secret-changed",
  title: "A host loses its certificate",
  pillar: "transition",
  severity: severities("error", "error", "warning"),
  confidence: "likely",
  why: "Where the secret of a host's certificate is missing, the controller answers HTTPS with a certificate of its own that no browser trusts, or not at all. Visitors see a security warning, and programs refuse to connect.",
  fix: "Issue the new certificate first and wait until its Secret is there. Then let the route name it, and remove the old one last.",
  references: [
    "https://kubernetes.io/docs/concepts/services-networking/ingress/#tls",
    "https://kubernetes.github.io/ingress-nginx/user-guide/tls/#default-ssl-certificate",
    "https://cert-manager.io/docs/usage/ingress/",
  ],
  unsafe: [
    {
      title: "the TLS block is dropped",
      before: ingress(tls("shop-tls")),
      after: ingress("").replace("  rules:", `  rules:${MARK}`),
    },
    {
      title: "the route names a secret that is nowhere here",
      before: { "ingress.yaml": ingress(tls("shop-tls")), "secret.yaml": secret("shop-tls") },
      after: { "ingress.yaml": ingress(tls(`shop-cert${MARK}`)), "secret.yaml": secret("shop-tls") },
    },
    {
      title: "the secret is removed and the route still names it",
      before: { "ingress.yaml": ingress(tls("shop-tls")), "secret.yaml": secret("shop-tls") },
      after: { "ingress.yaml": ingress(tls(`shop-tls${MARK}`)) },
    },
    {
      title: "certificates come from a test issuer from now on",
      before: ingress(tls("shop-tls"), issuer("letsencrypt-prod")),
      after: ingress(tls("shop-tls"), issuer(`letsencrypt-staging${MARK}`)),
    },
    {
      title: "nothing issues the new certificate",
      before: ingress(tls("shop-tls"), issuer("letsencrypt-prod")),
      after: ingress(tls(`shop-cert${MARK}`)),
    },
  ],
  safe: [
    {
      title: "the new secret was issued before",
      before: { "ingress.yaml": ingress(tls("shop-tls")), "certificate.yaml": certificate("shop-cert") },
      after: { "ingress.yaml": ingress(tls("shop-cert")), "certificate.yaml": certificate("shop-cert") },
    },
    {
      title: "the certificate and its secret are renamed in a first step",
      before: ingress(tls("shop-tls")),
      after: { "manifests.yaml": ingress(tls("shop-tls")), "certificate.yaml": certificate("shop-cert") },
    },
    {
      title: "another Ingress takes the host over, with its certificate",
      before: ingress(tls("shop-tls")),
      after: ingress(tls("shop-tls")).replace("name: shop\n", "name: store\n"),
    },
    {
      title: "Amazon's load balancer has its certificate from elsewhere",
      before: ingress(`  ingressClassName: alb\n${tls("shop-tls")}`),
      after: ingress("  ingressClassName: alb\n"),
    },
    {
      title: "the issuer changes, and the old certificate stays until the new one is there",
      before: ingress(tls("shop-tls"), issuer("letsencrypt")),
      after: ingress(tls("shop-tls"), issuer("zerossl")),
    },
  ],

  *run(transition) {
    for (const { kind, before, after } of transition.changes) {
      if (
        kind !== "kept" ||
        after.kind !== "Ingress" ||
        before.object === after.object ||
        classOf(after)?.name === "alb"
      )
        continue;
      yield* secrets(before, after, transition);
      yield* issuers(before, after);
    }
    yield* withoutSecret(transition);
  },
});

interface Tls {
  readonly secret: string | undefined;
  readonly hosts: readonly string[];
  readonly at: FieldPath;
}

function tlsOf(ingress: Manifest): Tls[] {
  return list(ingress.get("spec", "tls")).map((item, index) => {
    const { hosts, secretName } = object(item);
    const names = list(hosts).filter((host) => typeof host === "string");
    return { secret: string(secretName), hosts: names, at: ["spec", "tls", index] };
  });
}

/** The entry that speaks for a host: one that lists it, or one that lists none. */
function entryFor(host: string, entries: readonly Tls[]): Tls | undefined {
  const fits = (entry: Tls) => entry.hosts.some((name) => coversHost({ host: name }, { host }));
  return entries.find(fits) ?? entries.find(({ hosts }) => hosts.length === 0);
}

function* secrets(before: Manifest, after: Manifest, transition: Transition): Iterable<Problem> {
  const [old, now] = [tlsOf(before), tlsOf(after)];
  for (const was of old) {
    if (was.secret === undefined || isUnknown(was.secret)) continue;
    const hosts = was.hosts.length > 0 ? was.hosts : [""];
    const bare = hosts.filter(
      (host) => stillAsked(host, after) && !entryFor(host, now) && !elsewhere(host, transition.after),
    );
    if (bare.length > 0) yield dropped(after, { ...was, hosts: bare });
    const found = hosts.map((host) => entryFor(host, now)).find((entry) => entry !== undefined);
    if (found && found.secret !== was.secret && !isUnknown(found.secret))
      yield* replaced(after, { was, is: found }, transition);
  }
}

/** Whether the Ingress still answers the host; a host that goes altogether is another finding. */
function stillAsked(host: string, ingress: Manifest): boolean {
  const hosts = list(ingress.get("spec", "rules")).map((rule) => string(object(rule)["host"]) ?? "");
  return host === "" || hosts.some((name) => name === "" || coversHost({ host }, { host: name }));
}

/** Another route that answers the host with TLS. */
function elsewhere(host: string, world: World): boolean {
  return routesFor(host, world).some(
    ({ route }) =>
      (route.kind === "Ingress" && entryFor(host, tlsOf(route)) !== undefined) ||
      route.get("spec", "tls") !== undefined ||
      route.group === "gateway.networking.k8s.io",
  );
}

/** Certificates that the cloud holds and an annotation names. */
const MANAGED = [
  "networking.gke.io/managed-certificates",
  "ingress.gcp.kubernetes.io/pre-shared-cert",
  "networking.gke.io/certmap",
  "alb.ingress.kubernetes.io/certificate-arn",
];

function dropped(after: Manifest, { secret = "", hosts }: Tls): Problem {
  const managed = MANAGED.map((key) => after.annotations[key]).find((value) => value !== undefined);
  const names = hosts.filter((host) => host !== "").map(decode);
  const who = names.length === 0 ? `the hosts of ${after.name}` : listText(names);
  const end =
    managed === undefined
      ? `HTTPS for ${who} gets the controller's own certificate, or none, from the deploy on.`
      : `HTTPS for ${who} then depends on ${decode(managed)}, and fails if that is not active yet.`;
  const suggestion =
    after.get("spec", "tls") === undefined && names.length > 0
      ? insertInto(after, ["spec"], ["tls:", `  - hosts: [${names.join(", ")}]`, `    secretName: ${secret}`])
      : undefined;
  return {
    subject: after,
    key: secret,
    at: after.locate("spec", after.get("spec", "tls") === undefined ? "rules" : "tls"),
    // A controller can have a default certificate that fits.
    atMost: "warning",
    message: `${after.ref} no longer names the certificate ${secret}. ${end}`,
    ...(managed !== undefined && {
      fix: `Check that ${decode(managed)} is active for ${who}, and drop ${secret} after that.`,
    }),
    ...(suggestion && { suggestion }),
  };
}

function* replaced(
  after: Manifest,
  { was, is }: Record<"was" | "is", Tls>,
  transition: Transition,
): Iterable<Problem> {
  const old = was.secret ?? "";
  if (is.secret === undefined) {
    yield {
      ...{ subject: after, key: old, at: after.locate(...is.at), atMost: "warning" },
      message: `${after.ref} no longer names the certificate ${old}. HTTPS for ${hostText(was)} gets the controller's default certificate from the deploy on, which may not fit.`,
    };
    return;
  }
  if (providerOf(is.secret, after, transition.before)) return;
  const coming =
    providerOf(is.secret, after, transition.after) !== undefined || issuerOf(after) !== undefined;
  const suggestion = setScalar(after, [...is.at, "secretName"], old);
  const end = coming
    ? `The new one is made after the deploy. Until it is there, HTTPS for ${hostText(was)} gets a certificate that browsers refuse.`
    : `Nothing here makes ${is.secret}: if it is not in the cluster, HTTPS for ${hostText(was)} fails from the deploy on.`;
  yield {
    subject: after,
    key: old,
    at: after.locate(...is.at, "secretName"),
    atMost: coming ? "notice" : "warning",
    message: `${after.ref} goes from certificate ${old} to ${is.secret}. ${end}`,
    ...(suggestion && { suggestion }),
  };
}

const hostText = ({ hosts }: Tls) => (hosts.length === 0 ? "its hosts" : listText(hosts.map(decode)));

/** What makes a Secret: the Secret itself, sealed or from a store, or a Certificate. */
function providerOf(secret: string, near: Manifest, world: World): Manifest | undefined {
  for (const kind of ["Secret", "SealedSecret", "ExternalSecret"]) {
    const found = world.find(kind, secret, near);
    if (found) return found;
  }
  return world
    .ofKind("Certificate", "ExternalSecret")
    .find(
      (maker) =>
        sameNamespace(maker, near) &&
        (maker.get("spec", "secretName") === secret || maker.get("spec", "target", "name") === secret),
    );
}

/** What made a Secret that a kept route still names is removed. */
function* withoutSecret({ before, after, changes }: Transition): Iterable<Problem> {
  const gone = changes.some(({ kind, before: old }) => kind === "removed" && MAKERS.includes(old.kind));
  if (!gone) return;
  for (const ingress of after.ofKind("Ingress")) {
    for (const { secret, at, hosts } of tlsOf(ingress)) {
      if (secret === undefined || providerOf(secret, ingress, after) || issuerOf(ingress)) continue;
      const old = providerOf(secret, ingress, before);
      if (!old || after.anywhere(old.kind, old.name)) continue;
      // Without its Certificate a Secret stays, and nobody renews what is in it.
      const stays = old.kind === "Certificate";
      yield {
        subject: ingress,
        key: secret,
        at: ingress.locate(...at, "secretName"),
        ...(stays && { atMost: "warning" }),
        message: `This change removes ${old.ref}, and ${ingress.ref} still serves ${listText(hosts.map(decode))} with ${secret}. ${stays ? "Nothing renews that certificate any more: browsers refuse it from the day it expires." : "HTTPS fails from the deploy on."}`,
        fix: `Keep ${old.ref}, or let ${ingress.name} name another certificate that is there.`,
      };
    }
  }
}

const MAKERS = ["Secret", "SealedSecret", "ExternalSecret", "Certificate"];
