/** GitHub reads workflows from this folder of the repository's root, and from no folder below it. */
export const WORKFLOW_FILE = /^\.github\/workflows\/[^/]+\.ya?ml$/;
