import { isBot, userId, type Host } from "../host.ts";

export const nodeId = (kind: string, id: number): string =>
  `${kind}_${Buffer.from(String(id)).toString("base64url")}`;

/** Where an id of {@link nodeId} points. */
export function fromNodeId(node: string): { kind: string; id: number } {
  const [kind = "", rest = ""] = node.split("_");
  return { kind, id: Number(Buffer.from(rest, "base64url").toString()) };
}

const USER_LINKS = [
  "followers",
  "following",
  "gists",
  "starred",
  "subscriptions",
  "organizations",
  "repos",
  "events",
  "received_events",
] as const;

/** Schema `simple-user`. */
export function user(
  host: Host,
  login: string,
  type: "User" | "Organization" | "Bot" = isBot(login) ? "Bot" : "User",
) {
  const id = userId(host, login);
  const url = `${host.url}/users/${encodeURIComponent(login)}`;
  return {
    login,
    id,
    node_id: nodeId("U", id),
    avatar_url: `${host.url}/avatars/${id}`,
    gravatar_id: "",
    url,
    html_url: `${host.url}/${encodeURIComponent(login)}`,
    ...Object.fromEntries(USER_LINKS.map((link) => [`${link}_url`, `${url}/${link}`])),
    type,
    site_admin: false,
  };
}
