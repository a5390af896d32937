import type { Finding, Subject } from "../../src/engine/types.ts";

/** Whether a finding is about one thing. */
type Matcher = (finding: Finding) => boolean;

const KIND = String.raw`(?:[A-Z]\w*|\*)`;
const REF = new RegExp(String.raw`^(${KIND}(?:(?:\+| to )${KIND})*)\/([^/]+)(?:\/(.+))?$`);
const KIND_AND_NAME = new RegExp(String.raw`^(${KIND}) (\S+)$`);
const FILE = /^(\S*(?:\.ya?ml|Jenkinsfile\S*))(?: (\S+))?$/;

/**
 * Whether a finding is about the resource that a label names. Labels are written for people: `Kind/namespace/name`
 * (with `*`, `{a,b}`, `-` for no namespace, `A+B` or `A to B` for kinds), `workflow.yml job`, several after commas, or
 * free words, of which one must then be the subject's name.
 */
export function aboutResource(resource: string): Matcher {
  const matchers = topLevelCommas(resource).flatMap((part) => {
    const plain = part.replace(/\s*\([^)]*\)\s*$/, "").trim();
    return plain === "" ? [] : [matcherOf(plain)];
  });
  return (finding) => matchers.some((matches) => matches(finding));
}

function matcherOf(text: string): Matcher {
  const file = FILE.exec(text);
  if (file) return inFile(file[1] ?? "", file[2]);
  const ref = REF.exec(text);
  if (ref) {
    const [, kinds = "", second = "", third] = ref;
    return ofObject(kinds.split(/\+| to /), third === undefined ? "-" : second, third ?? second);
  }
  const pair = KIND_AND_NAME.exec(text);
  if (pair) return ofObject([pair[1] ?? ""], "-", pair[2] ?? "");
  return namedIn(text.split(/[^\w-]+/).filter((word) => word.length > 2));
}

function inFile(path: string, job: string | undefined): Matcher {
  const pattern = glob(path);
  return ({ at, subject }) =>
    pattern.test(at.path) && (job === undefined || jobOf(subject) === undefined || jobOf(subject) === job);
}

function jobOf({ ref }: Subject): string | undefined {
  return ref.split("#")[1];
}

function ofObject(kinds: readonly string[], namespace: string, name: string): Matcher {
  const [namespaces, names] = [glob(namespace), glob(name)];
  return ({ subject }) =>
    (kinds.includes("*") || kinds.includes(subject.kind)) &&
    names.test(subject.name) &&
    (namespace === "-" || subject.namespace === "" || namespaces.test(subject.namespace));
}

function namedIn(words: readonly string[]): Matcher {
  return ({ subject }) => words.includes(subject.name);
}

/** `*` is any run of characters, `{a,b}` one of them; `...` in braces stands for names left out. */
function glob(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+?^$()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll(String.raw`\.\.\.`, ".*")
    .replace(/\{([^}]*)\}/g, (_, names: string) => `(?:${names.split(",").join("|")})`);
  return new RegExp(`^${source}$`);
}

function topLevelCommas(text: string): string[] {
  return text.split(/,(?![^{]*\})/);
}
