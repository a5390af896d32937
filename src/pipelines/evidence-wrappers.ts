import type { CommandRule, Purpose } from "./evidence-table.ts";

/** A wrapper's name says what it runs, where the wrapper itself cannot be read. Setting a suite up is not running it. */
const WRAPPED =
  /^(npm|yarn|pnpm|bun|make|just|task|rake|ant|invoke|inv|composer|mage|\.?\/?[\w./-]+\.sh|\.\/[\w./-]+)\b/;
const SET_UP =
  /(start|install|build|setup|set-up|(^|[^a-z])up([^a-z]|$)|down|clean|prepare|lint|deps|containers?|image|report|merge|deploy|generate|cache|format|fix|push|publish|kill|stop|create|teardown|cluster)/i;

const wrapped = (purpose: Purpose, words: string, confidence: number): CommandRule => ({
  purpose,
  tool: "script",
  is: new RegExp(`(?=${WRAPPED.source})(?=.*[\\s:/_.-](?:${words})(?:[\\s:/_.-]|$))`, "i"),
  not: SET_UP,
  byName: true,
  confidence,
});

/** Rules for what is known by its name alone: a script, a target, a task. */
export const WRAPPERS: readonly CommandRule[] = [
  wrapped("stress", "stress|chaos|soak|spike|stress-?tests?", 0.6),
  wrapped("performance", "perf|performance|load-?tests?|k6|benchmarks?|lighthouse", 0.6),
  wrapped("penetration", "pentest|zap|dast|penetration", 0.6),
  wrapped("rollback", "rollback-?tests?|test-?rollback", 0.6),
  wrapped("data-restore", "restore-?tests?|test-?restore", 0.6),
  wrapped(
    "acceptance",
    "e2e|acceptance|functional|integration|integ|uat|smoke|system-?tests?|end-to-end|cypress|playwright|it",
    0.65,
  ),
  {
    purpose: "lint",
    tool: "script",
    is: /^(npm|yarn|pnpm|bun|make|just|task|composer)\b.*[\s:](lint|typecheck|type-check|format)\b/,
    confidence: 0.6,
  },
  {
    purpose: "unit",
    tool: "script",
    is: /^(npm|yarn|pnpm|bun)( -\S+| --\S+)* (run )?(test|t|unit|tests)\b/,
    not: /--if-present/,
    confidence: 0.6,
  },
  {
    purpose: "unit",
    tool: "script",
    is: /^(make|just|task|ant|mage|inv|invoke)\b.* (test|tests|check|unit|ci-test|unit-?tests?|test-?unit|test:unit)( |$)/,
    confidence: 0.6,
  },
  {
    purpose: "unit",
    tool: "script",
    is: /^(\.\/)?([\w./-]*[/._-])?(run[-_]?)?(unit[-_]?)?tests?\.sh\b/,
    confidence: 0.6,
  },
];
