import { timestamp, type Host } from "../host.ts";
import type { Delivery, Installation } from "../state.ts";
import { nodeId, user } from "./users.ts";

const STARTED = "2020-01-01T00:00:00Z";

/** Schema `integration`. */
export function app(host: Host) {
  const { appId, slug, permissions, events } = host.settings;
  return {
    id: appId,
    slug,
    node_id: nodeId("A", appId),
    client_id: `Iv1.${String(appId).padStart(16, "0")}`,
    owner: user(host, `${slug}-makers`, "Organization"),
    name: slug,
    description: "",
    external_url: `${host.url}/apps/${slug}/home`,
    html_url: `${host.url}/apps/${slug}`,
    created_at: STARTED,
    updated_at: STARTED,
    permissions,
    events,
  };
}

/** Schema `installation`. */
export function installation(host: Host, state: Installation) {
  const account = user(host, state.account, "Organization");
  const url = `${host.url}/app/installations/${state.id}`;
  return {
    id: state.id,
    account,
    repository_selection: "all",
    access_tokens_url: `${url}/access_tokens`,
    repositories_url: `${host.url}/installation/repositories`,
    html_url: `${host.url}/organizations/${state.account}/settings/installations/${state.id}`,
    app_id: host.settings.appId,
    app_slug: host.settings.slug,
    target_id: account.id,
    target_type: "Organization",
    permissions: host.settings.permissions,
    events: host.settings.events,
    created_at: state.createdAt,
    updated_at: timestamp(host),
    single_file_name: null,
    suspended_by: null,
    suspended_at: null,
  };
}

/** Schema `hook-delivery-item`. */
export function delivery(state: Delivery) {
  return {
    id: state.id,
    guid: state.guid,
    delivered_at: state.deliveredAt,
    redelivery: state.redelivery,
    duration: state.durationSeconds,
    status: state.status,
    status_code: state.statusCode,
    event: state.event,
    action: state.action,
    installation_id: state.installationId,
    repository_id: state.repositoryId,
    throttled_at: null,
  };
}
