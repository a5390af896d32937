import type { Environment } from "../engine/types.ts";

/**
 * Words of paths and names that tell an environment, as found in real deployment repositories. A word counts only
 * as a whole (`prod-eu` and `env/prod` do, `product` does not).
 */
const WORDS: readonly (readonly [Environment, RegExp])[] = [
  ["production", /(^|[-_/.])(prod|production|prd|live)($|[-_/.\d])/i],
  ["staging", /(^|[-_/.])(staging|stage|stg|preprod|pre-prod|uat|qa|acceptance|acc)($|[-_/.\d])/i],
  [
    "development",
    /(^|[-_/.])(non-?prod|non-production|dev|develop|development|test|testing|tests|testdata|test-data|fixtures?|sandbox|preview|review|local|minikube|kind)($|[-_/.\d])/i,
  ],
];

/** The environment that a path or a namespace tells; the last telling word wins, for it is the most specific. */
export function environmentOf(...texts: readonly string[]): Environment {
  let found: Environment = "unknown";
  for (const segment of texts.flatMap((text) => text.split("/"))) {
    for (const [environment, pattern] of WORDS) if (pattern.test(segment)) found = environment;
  }
  return found;
}
