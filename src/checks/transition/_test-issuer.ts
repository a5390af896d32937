import { setScalar } from "../../engine/edit.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Manifest, Problem } from "../../engine/types.ts";

/** Annotations by which cert-manager, and kube-lego before it, issue what an Ingress names. */
const ISSUERS = [
  ...["cert-manager.io/cluster-issuer", "cert-manager.io/issuer"],
  ...["certmanager.k8s.io/cluster-issuer", "certmanager.k8s.io/issuer", "kubernetes.io/tls-acme"],
];

/** The annotation that lets a certificate be issued; undefined where none does. */
export function issuerOf({ annotations }: Manifest): string | undefined {
  return ISSUERS.find((key) => annotations[key] !== undefined && annotations[key] !== "false");
}

/** An issuer for tests signs what no browser trusts. An annotation that is dropped leaves the certificate as it is. */
export function* issuers(before: Manifest, after: Manifest): Iterable<Problem> {
  const key = ISSUERS.find(
    (one) => after.annotations[one] !== before.annotations[one] && /issuer$/.test(one),
  );
  const [was, is] = [before.annotations[key ?? ""], after.annotations[key ?? ""]];
  const isTest = (name: string) => /staging|self-?signed|test/i.test(name);
  if (
    key === undefined ||
    was === undefined ||
    is === undefined ||
    isUnknown(is) ||
    isTest(was) ||
    !isTest(is)
  )
    return;
  const at = ["metadata", "annotations", key];
  const suggestion = setScalar(after, at, was);
  yield {
    subject: after,
    key: "issuer",
    at: after.locate(...at),
    atMost: "warning",
    message: `${after.ref} lets ${is} issue its certificate in place of ${was}. By its name, ${is} is an issuer for tests: browsers refuse its certificate as soon as it replaces the old one.`,
    ...(suggestion && { suggestion }),
  };
}
