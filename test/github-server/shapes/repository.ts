import type { Host } from "../host.ts";
import type { RepositoryState } from "../state.ts";
import { example, type Json } from "./examples.ts";
import { nodeId, user } from "./users.ts";

const SAMPLE_NAME = "Codertocat/Hello-World";

let sample: string | undefined;

/** The sample repository's many links, rewritten to this server and this name. */
function links(host: Host, fullName: string): Json {
  sample ??= JSON.stringify(example("pull_request", "opened")["repository"]);
  const text = sample
    .replaceAll("https://api.github.com", host.url)
    .replaceAll("https://github.com", host.url)
    .replaceAll(SAMPLE_NAME, fullName);
  return JSON.parse(text) as Json;
}

/** Schema `full-repository`, which holds all that the smaller schemas ask. */
export function repository(host: Host, state: RepositoryState): Json {
  return {
    ...links(host, state.fullName),
    id: state.id,
    node_id: nodeId("R", state.id),
    name: state.name,
    full_name: state.fullName,
    private: state.private,
    owner: user(host, state.owner, "Organization"),
    default_branch: state.defaultBranch,
    description: null,
    created_at: state.createdAt,
    updated_at: state.createdAt,
    pushed_at: state.createdAt,
    visibility: state.private ? "private" : "public",
    topics: [],
    is_template: false,
    has_discussions: false,
    allow_forking: true,
    web_commit_signoff_required: false,
    network_count: 0,
    subscribers_count: 0,
  };
}

/** The repository that a fork's branch is in: nobody but its owner has access to it. */
export function forkOf(host: Host, state: RepositoryState, owner: string): Json {
  return {
    ...repository(host, {
      ...state,
      id: state.id + 1_000_000_000,
      owner,
      fullName: `${owner}/${state.name}`,
    }),
    owner: user(host, owner),
    fork: true,
  };
}
