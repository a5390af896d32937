/** Work that holds no tests, by the name of what is called. */
const OTHER_WORK =
  /(^|[^a-z])(deploy\w*|lint\w*|version\w*|slack|notif\w*|docker|image|ecr|gcr|acr|helm|kubernetes|kubectl|eks|gke|login|auth\w*|oidc|cache\w*|checkout|setup|install\w*|upload\w*|download\w*|push|publish\w*|tag|changelog|label\w*|aws-cli|gcp-cli|azure-cli|node|ruby|python|jira|sentry|newrelic|honeycomb|queue|approv\w*|halt|environment|variables?)($|[^a-z])/i;
const MAY_TEST =
  /test|check|verif|quality|qa([^a-z]|$)|(^|[^a-z])ci([^a-z]|$)|e2e|spec|scan|build|validate|cypress|playwright|coverage|all/i;

/** Whether something that was not read may hold tests; its name says what it is for. */
export function mayTest(target: string): boolean {
  const name = target.replace(/@.*$/s, "").split("/").slice(-2).join("/").replaceAll("_", "-");
  return MAY_TEST.test(name) || !OTHER_WORK.test(name);
}
