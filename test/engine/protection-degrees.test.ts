import { expect, test } from "@jest/globals";
import { degreesOf } from "../../src/engine/protection-degrees.ts";
import { worldFrom } from "./files.ts";

/** How much of a protection a setting gives, in numbers that can be compared. */

const ingress = (name: string, value: string) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, annotations: { nginx.ingress.kubernetes.io/${name}: "${value}" } }
spec: { defaultBackend: { service: { name: web, port: { number: 80 } } } }
`;

const virtualService = (settings: string) => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web }
spec: { http: [{ route: [{ destination: { host: web } }], ${settings} }] }
`;

const policy = (settings: string) => `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: web }
spec: { host: web, trafficPolicy: { outlierDetection: { ${settings} } } }
`;

test.each<[string, number | string[] | undefined]>([
  [ingress("proxy-next-upstream-tries", "3"), 2],
  [ingress("proxy-next-upstream-tries", "1"), 0],
  [ingress("proxy-next-upstream-tries", "0"), Infinity],
  [ingress("proxy-next-upstream", "error timeout non_idempotent http_503"), ["error", "timeout", "http_503"]],
  [ingress("custom-http-errors", "404,502"), ["502"]],
  [ingress("proxy-connect-timeout", "5"), 5],
  [virtualService("timeout: 1m30s"), 90],
  [virtualService("timeout: 500ms"), 0.5],
  [virtualService("timeout: 0s"), Infinity],
  [virtualService("timeout: soon"), undefined],
  [virtualService('retries: { attempts: "${TRIES}" }'), undefined],
  [virtualService("retries: { attempts: 4 }"), 4],
  [policy("consecutive5xxErrors: 0"), Infinity],
  [policy("baseEjectionTime: 3m"), 180],
])("%s", (text, expected) => {
  const world = worldFrom(text);
  const [first] = world.manifests.flatMap((manifest) => degreesOf(manifest, world));
  const degree = first?.degree;
  expect(typeof degree === "object" ? [...degree] : degree).toEqual(expected);
});
