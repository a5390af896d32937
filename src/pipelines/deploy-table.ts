/** A command that brings a version to a cluster, by its text (wrappers taken off). */
export interface DeployRule {
  readonly mechanism: string;
  readonly is: RegExp;
  readonly not?: RegExp;
  /** A script's name alone: only believed where a name or an environment says the same. */
  readonly weak?: boolean;
}

const DRY = / --?(dry-run(?!=none)|diff|help|version|plan|check|noop)\b/;

/** Commands that deploy, by their text (wrappers taken off). First match wins. */
export const DEPLOY_COMMANDS: readonly DeployRule[] = [
  {
    mechanism: "kubectl",
    is: /^(kubectl|oc)\b.* (apply|replace|patch|set image|rollout restart|create -f|rolling-update)\b|^(kubectl|oc) (apply|replace|patch|set image|rollout restart|create -f)\b/,
    not: / --?dry-run(?!=none)|\bcreate (secret|namespace|ns|configmap)\b|--kubeconfig[= ]\S*kind|cert-manager\.(crds\.)?yaml/,
  },
  { mechanism: "kubectl", is: /^kubectl argo rollouts (set image|promote)\b/ },
  {
    mechanism: "helm",
    is: /^helm\b(?!.* (plugin|repo|dependency|template|lint|diff|test|uninstall|delete)\b).* (upgrade|install)\b|^helm (upgrade|install)\b/,
    not: DRY,
  },
  {
    mechanism: "helmfile",
    is: /^helmfile\b.*\b(apply|sync)\b/,
    not: / --?(dry-run|help|version)\b|(-l|--selector)[ =]\S*(database|migrat)/,
  },
  { mechanism: "argocd", is: /^argocd app (sync|set|actions run)\b/ },
  { mechanism: "flux", is: /^flux reconcile\b/ },
  { mechanism: "skaffold", is: /^skaffold (run|deploy)\b/ },
  {
    mechanism: "kustomize",
    is: /^(kapp deploy|kluctl deploy|werf converge|tk apply|ytt .*\| kapp)\b/,
    not: DRY,
  },
  {
    mechanism: "cloud",
    is: /^(gcloud (beta )?(run deploy|app deploy|deploy releases (create|promote)|functions deploy)|aws (ecs update-service|deploy create-deployment|lambda update-function-code)|cdk deploy|pulumi up|serverless deploy|sls deploy|fly(ctl)? deploy|cf push|eb deploy|nomad (job )?run|az (webapp|containerapp|aks) .*(deploy|update|up)|vercel .*--prod|cap production deploy)\b/,
    not: DRY,
  },
  {
    mechanism: "terraform",
    is: /^(terraform|tofu|terragrunt)\b.* (apply|run-all apply)\b/,
    not: / -?-(help|version)\b/,
    weak: true,
  },
  {
    mechanism: "deploy script",
    is: /^((python3?|ruby|node|bash|sh) )?(\.?\/?[\w.-]+\/)*(deploy|rollout|promote|release-to)[\w-]*(\.(py|sh|rb|js|ts|mjs))?( |$)/i,
    not: /--?(dry-run|check|diff|help)|\b(lint|validate|test|docs|pages|storybook|preview)\b/i,
    weak: true,
  },
  {
    mechanism: "deploy script",
    is: /^((python3?) )?(\.?\/?[\w.-]+\/)*(deployer|hubploy|shipit|kamal|helm-deploy)(\.py)? (deploy|upgrade|ship|release)( |$)/,
    weak: true,
  },
  {
    mechanism: "deploy script",
    is: /^(npm|yarn|pnpm|bun|make|just|task|rake|mage)\b.*[ :](deploy|release-to|rollout|promote)([:_-][\w:-]+)?( |$)/,
    not: /docs|pages|storybook|dry|preview|site/i,
    weak: true,
  },
  { mechanism: "git push to deploy", is: /^git push\b.*\b(heroku|dokku|production)\b/, weak: true },
];

/** Actions that deploy, by the name before the `@`. */
export const DEPLOY_ACTIONS: readonly RegExp[] = [
  /^azure\/(k8s-deploy|webapps-deploy|aks-set-context-deploy|container-apps-deploy-action)$/,
  /^nais\/deploy\/actions\/deploy$|^nais\/deploy$/,
  /^bcgov(-nr)?\/action-deployer-openshift$/,
  /^digitalservicebund\/argocd-deploy$/,
  /^google-github-actions\/(deploy-cloudrun|deploy-appengine|create-cloud-deploy-release)$/,
  /^aws-actions\/amazon-ecs-deploy-task-definition$/,
  /^(deliverybot\/helm|stefanprodan\/helm|wyrihaximus\/github-action-helm\d?|bitovi\/github-actions-deploy-\S+|koslib\/helm-eks-action|vimeda\/helm)$/,
  /^(akhileshns\/heroku-deploy|superfly\/flyctl-actions|danielr1996\/kubectl-action|actions-hub\/kubectl|steebchen\/kubectl)$/,
  /hubploy$/,
  // Pipes of Bitbucket, plugins of Drone and Woodpecker, deploy providers of Travis.
  /^atlassian\/(kubectl-run|aws-eks-kubectl-run|google-gke-kubectl-run|azure-aks-deploy|azure-aks-helm-deploy|aws-ecs-deploy|heroku-deploy|google-app-engine-deploy|google-cloud-run-deploy|azure-web-apps-deploy)$/,
  /(^|\/)drone-(helm3?|kube\w*|kubernetes|gke|eks\w*|ecs\w*|argocd\w*|openshift)$/,
  /^travis\/(heroku|gae|cloudfoundry|openshift|elasticbeanstalk|codedeploy|azure_web_apps|hephy|engineyard|lambda)$/,
];

/** Commands that write an image's version into manifests. An editor's command does so only where a name says the same. */
export const IMAGE_EDITS: readonly { readonly is: RegExp; readonly weak: boolean }[] = [
  { is: /^kustomize edit set image\b/, weak: false },
  { is: /^(yq|sed)\b.* -i\b.*(image|tag|version)/i, weak: true },
];
/** Brings a commit to where a controller sees it. */
export const GIT_PUSH = /^git\b.* push\b|^git push\b/;
export const COMMIT_ACTIONS =
  /^(stefanzweifel\/git-auto-commit-action|endbug\/add-and-commit|ad-m\/github-push-action|fjogeleit\/yaml-update-action)@/i;

/** A cluster that lives as long as the job: what is installed there is tested, not deployed. */
export const THROW_AWAY_ACTIONS =
  /^(helm\/kind-action|engineerd\/setup-kind|container-tools\/kind-action|absaoss\/k3d-action|nolar\/setup-k3d-k3s|medyagh\/setup-minikube|manusa\/actions-setup-minikube|jupyterhub\/action-k3s-helm|balchua\/microk8s-actions|loft-sh\/setup-vcluster|debianmaster\/actions-k3s|rinx\/setup-k3d|canonical\/setup-(k8s|lxd)|insightsengineering\/k3d-action|identiops\/k3s-setup|arkade\S*k3d)/;
export const THROW_AWAY_COMMANDS =
  /^((go run \S+ )?kind (create|load)|k3d (cluster create|create)|minikube (start|tunnel)|microk8s\b|vcluster create|ct install|ct lint-and-install|ctlptl create|k3s server|kubectl kuttl test|chainsaw test|curl .*get\.k3s\.io|colima start)/;
