import type { Broken, Problem } from "../../engine/types.ts";
import { defineCheck, severities } from "../define.ts";

const MARK = " # <- finding";

const SETTINGS = `apiVersion: v1
kind: ConfigMap
metadata: { name: player, namespace: media }
data:
  host: player.example.com
`;

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: player, namespace: media }
spec:
  selector: { app: player }
  ports: [{ name: http, port: 80 }]
`;

const APPLICATION = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: player, namespace: argocd }
spec:
  destination: { namespace: media }
  source:
    repoURL: https://git.example.com/media
    path: player
`;

const kustomization = (...resources: readonly string[]) =>
  `namespace: media\nresources: [${resources.join(", ")}]\n`;

const chart = (port: string) => ({
  "chart/Chart.yaml": "apiVersion: v2\nname: player\nversion: 1.0.0\n",
  "chart/values.yaml": "port: 80\n",
  "chart/templates/service.yaml": SERVICE.replace("port: 80 }]", `port: 80, targetPort: ${port}\n    }]`),
});

export default defineCheck({
  kind: "state",
  id: "manifest-unreadable",
  title: "A manifest can no longer be read",
  pillar: "transition",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "What nines cannot read, kubectl, Argo CD and Flux cannot read either: the deploy stops there, halfway through where objects are applied one by one, and neither this change nor the next one, nor a rollback forward, comes through. And nobody has judged what it would do.",
  fix: "Correct what the message names, and have the change judged again.",
  references: [
    "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_apply/",
    "https://kubernetes.io/docs/tasks/manage-kubernetes-objects/kustomization/",
  ],
  unsafe: [
    {
      title: "an indentation is lost",
      before: SETTINGS,
      after: SETTINGS.replace("  host: player.example.com", `  host: player.example.com\n port: 80${MARK}`),
    },
    {
      title: "a bracket is not closed",
      before: SERVICE,
      after: SERVICE.replace("port: 80 }]", `port: 80${MARK}`),
    },
    {
      title: "a kustomization still lists a file that is removed",
      before: {
        "kustomization.yaml": kustomization("service.yaml", "settings.yaml"),
        "service.yaml": SERVICE,
        "settings.yaml": SETTINGS,
      },
      after: {
        "kustomization.yaml": kustomization("service.yaml", "settings.yaml").replace("]", `]${MARK}`),
        "service.yaml": SERVICE,
      },
    },
    {
      title: "an action of a chart's template is not closed",
      before: chart("{{ .Values.port }}"),
      after: chart(`{{ .Values.port }${MARK}`),
    },
    {
      title: "an Application still deploys a folder that is removed",
      before: { "apps/player.yaml": APPLICATION, "player/service.yaml": SERVICE },
      after: { "apps/player.yaml": APPLICATION.replace("path: player", `path: player${MARK}`) },
    },
  ],
  safe: [
    {
      title: "the Application goes with its folder",
      before: { "apps/player.yaml": APPLICATION, "player/service.yaml": SERVICE, "settings.yaml": SETTINGS },
      after: { "settings.yaml": SETTINGS },
    },
    {
      title: "the Application deploys a tag, which still has the folder",
      before: {
        "apps/player.yaml": `${APPLICATION}    targetRevision: v1.2.0\n`,
        "player/service.yaml": SERVICE,
      },
      after: { "apps/player.yaml": `${APPLICATION}    targetRevision: v1.2.0\n` },
    },
    { title: "it can be read", before: SETTINGS, after: SETTINGS.replace("player.ex", "play.ex") },
    {
      title: "a file is removed together with its entry",
      before: {
        "kustomization.yaml": kustomization("service.yaml", "settings.yaml"),
        "service.yaml": SERVICE,
        "settings.yaml": SETTINGS,
      },
      after: { "kustomization.yaml": kustomization("service.yaml"), "service.yaml": SERVICE },
    },
    {
      title: "it is no manifest",
      before: "menu: [home]\n",
      after: "menu: [home\n",
    },
  ],

  *run(world) {
    for (const broken of world.broken)
      yield broken.lost === undefined ? unreadable(broken) : abandoned(broken);
  },
});

function unreadable({ at, reason, ...subject }: Broken): Problem {
  return {
    subject,
    at,
    message: `${subject.ref} could be read before this change and no longer can: ${reason}. What deploys it fails there, too.`,
    fix: `Correct ${at.path}, line ${String(at.line)}.`,
  };
}

/** Argo CD and Flux stop at a path that is not there, and delete nothing. */
function abandoned({ at, reason, lost, ...subject }: Broken): Problem {
  const tool = subject.kind === "Kustomization" ? "Flux" : "Argo CD";
  return {
    subject,
    at,
    key: lost ?? "",
    message: `${subject.ref} stops working: ${reason}. ${tool} reports an error from then on: what runs goes on, but nothing updates it, and nothing of it is deleted.`,
    fix: `Let ${subject.ref} deploy the folder's new place, or remove it together with ${String(lost)}.`,
  };
}
