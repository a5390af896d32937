import { at, list, type JsonObject } from "./json.ts";

/** The kind that a file of alerting and recording rules has in nines; its name is its path. */
export const RULE_FILE = "RuleFile";

/** The kind of a configuration file of Alertmanager; its name is its path. */
export const ROUTING_FILE = "AlertmanagerFile";

/** Whether a text without apiVersion and kind is worth parsing. */
export const looksLikeOther = (text: string) =>
  (/^["']?groups["']?:/m.test(text) && /\balert["']?:/.test(text)) ||
  (/^["']?route["']?:/m.test(text) && /^["']?receivers["']?:/m.test(text));

/** What stands in a file that is no object of Kubernetes and is read all the same. */
export function otherKind(value: JsonObject): string | undefined {
  if (value["apiVersion"] !== undefined || value["kind"] !== undefined) return undefined;
  return isRuleFile(value) ? RULE_FILE : isRoutingFile(value) ? ROUTING_FILE : undefined;
}

/** What Alertmanager is started with: a route with a receiver, and a list of receivers with names (prometheus.io/docs). */
function isRoutingFile(value: JsonObject): boolean {
  const receivers = list(value["receivers"]);
  return (
    typeof at(value, ["route", "receiver"]) === "string" &&
    receivers.length > 0 &&
    receivers.every((receiver) => typeof at(receiver, ["name"]) === "string")
  );
}

/** What `rule_files` of a Prometheus names: groups of rules at the top, and no object of Kubernetes. */
function isRuleFile(value: JsonObject): boolean {
  const groups = list(value["groups"]);
  return groups.length > 0 && groups.every((group) => Array.isArray(at(group, ["rules"])));
}
