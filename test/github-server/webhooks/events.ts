import { installationOf, type Host } from "../host.ts";
import { totalsOf } from "../model/pulls.ts";
import { example, type Json } from "../shapes/examples.ts";
import { pullRequest } from "../shapes/pull-request.ts";
import { repository } from "../shapes/repository.ts";
import { nodeId, user } from "../shapes/users.ts";
import type { PullRequest, RepositoryState } from "../state.ts";

/** The sample's own people and places, which must not leak into our events. */
const SAMPLE_ONLY = ["organization", "enterprise"];

export interface Emitted {
  event: string;
  action: string | null;
  sender: string;
  /** Laid over GitHub's sample of this event and action. */
  content: Json;
}

/** Sends an event: GitHub's sample payload, with our repository, sender, installation and content. */
export function emit(host: Host, state: RepositoryState, { event, action, sender, content }: Emitted): void {
  if (!state.installed) return;
  const installation = installationOf(host, state.owner);
  const sample = Object.entries(example(event, action)).filter(([key]) => !SAMPLE_ONLY.includes(key));
  const payload: Json = {
    ...Object.fromEntries(sample),
    ...(action === null ? {} : { action }),
    ...content,
    repository: repository(host, state),
    sender: user(host, sender),
    installation: { id: installation.id, node_id: nodeId("I", installation.id) },
  };
  host.webhooks.send({ event, action, repository: state, payload });
}

export interface PullEvent {
  action: string;
  sender?: string;
  extra?: Json;
}

export async function emitPull(
  host: Host,
  state: RepositoryState,
  pull: PullRequest,
  { action, sender = pull.author, extra = {} }: PullEvent,
): Promise<void> {
  const shape = pullRequest(host, state, pull, await totalsOf(state, pull));
  const content = { number: pull.number, pull_request: shape, ...extra };
  emit(host, state, { event: "pull_request", action, sender, content });
}
