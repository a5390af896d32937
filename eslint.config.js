import regexp from "eslint-plugin-regexp";
import tseslint from "typescript-eslint";

/**
 * The walls between folders: imports point one way (docs/architecture.md).
 * Each folder names the folders beside it that it may import; everything else above it is refused.
 */
const IO =
  "^(node:(fs|child_process|http|https|net|os|path|process|timers)|probot|@octokit|octokit|fastify|pg-boss|pino)";

const wall = (message, ...patterns) => ({
  "no-restricted-imports": ["error", { patterns: patterns.map((regex) => ({ regex, message })) }],
});
const only = (...allowed) => `^\\.\\./(?!(\\.\\./)*(${allowed.join("|")}))`;
const pure = (...allowed) =>
  wall("This folder is pure and imports point inward only: see docs/architecture.md.", IO, only(...allowed));

export default tseslint.config(
  { ignores: ["dist/", "coverage/", "data/", "node_modules/", "src/engine/kubernetes-fields.ts"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "no-console": "error",
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "max-params": ["error", 4],
      complexity: ["error", 12],
      eqeqeq: "error",
    },
  },
  {
    files: ["src/**/*.ts"],
    plugins: { regexp },
    // Texts come from strangers: an expression that can read one in many ways lets a line of them take hours.
    rules: { "regexp/no-super-linear-backtracking": "error" },
  },
  {
    files: ["src/engine/types.ts"],
    // All the words of nines stand in one place.
    rules: {
      ...wall("types imports nothing.", "."),
      "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  { files: ["src/engine/**/*.ts"], ignores: ["src/engine/types.ts"], rules: pure("engine/") },
  { files: ["src/pipelines/**/*.ts"], rules: pure("pipelines/", "engine/") },
  { files: ["src/policy/**/*.ts"], rules: pure("policy/", "engine/types", "engine/glob", "engine/text") },
  {
    files: ["src/checks/**/*.ts"],
    rules: pure("checks/", "define\\.ts", "engine/", "pipelines/", "policy/"),
  },
  { files: ["src/reporters/**/*.ts"], rules: pure("reporters/", "engine/") },
  { files: ["src/review.ts"], rules: wall("The judgement is pure: it takes data and returns data.", IO) },
  {
    files: ["src/renderers/**/*.ts", "src/sources/**/*.ts"],
    rules: wall("Adapters import the engine only.", only("renderers/", "sources/", "engine/")),
  },
  {
    files: ["src/handlers/**/*.ts"],
    rules: {
      "max-lines": ["error", { max: 40, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/app.ts", "src/server.ts", "src/worker.ts", "src/cli.ts", "src/cli/**"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "ImportDeclaration[source.value=/(handlers|\\u002Fapp|\\u002Fcli|\\u002Fserver)(\\u002F|\\.ts)/]",
          message: "Nobody imports handlers, app, cli or server.",
        },
      ],
    },
  },
  {
    files: ["test/**/*.ts", "scripts/**/*.ts"],
    rules: {
      "no-console": "off",
      "max-lines-per-function": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  { files: ["**/*.js"], extends: [tseslint.configs.disableTypeChecked] },
);
