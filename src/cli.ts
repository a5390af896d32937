#!/usr/bin/env node
import { Argument, Command, CommanderError, Option } from "commander";
import { checks } from "./checks/index.ts";
import { listChecks } from "./cli/checks.ts";
import { EXIT, type ExitCode } from "./cli/exit.ts";
import { explain } from "./cli/explain.ts";
import { validatePolicies } from "./cli/policy.ts";
import { FORMATS, reviewCommand, type ReviewOptions } from "./cli/review.ts";
import { STAGES_FORMATS, stagesCommand, type StagesOptions } from "./cli/stages.ts";
import { terminal as terminalOf, type Terminal } from "./cli/terminal.ts";
import { version } from "./cli/version.ts";
import { nearest } from "./policy/nearest.ts";
import { Unreadable } from "./sources/unreadable.ts";

type Finish = (code: ExitCode) => void;

function addReview(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command("review")
    .summary("judge a change in a local repository, or a pull request on GitHub")
    .description(
      "Judges what a change would cost users in outages: base against head, manifests and pipelines.",
    )
    .argument("[pull-request]", "owner/name#12 on GitHub; without it, a change in a local repository")
    .option("--repo <dir>", "the local repository", ".")
    .option("--base <rev>", "what the change is meant for (default: origin/HEAD, main or master)")
    .option("--head <rev>", "the change (default: HEAD)")
    .addOption(new Option("--format <format>", "how the report is printed").choices(FORMATS).default("text"))
    .option("--policy <file>", "judge by this policy, not by the repository's .github/nines.yml")
    .addOption(new Option("--token <token>", "for GitHub").env("GITHUB_TOKEN"))
    .action(async (target: string | undefined, options: ReviewOptions) => {
      finish(await reviewCommand(target, options, terminal));
    });
}

function addStages(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command("stages")
    .summary("show which tests gate each production deploy of a local repository")
    .description(
      "Shows what stands before each production deploy: the test stages, the practices, the way there, and how to begin what is missing.",
    )
    .option("--repo <dir>", "the local repository", ".")
    .option("--rev <rev>", "the commit that is looked at", "HEAD")
    .addOption(new Option("--format <format>", "how it is printed").choices(STAGES_FORMATS).default("text"))
    .option("--policy <file>", "judge by this policy, not by the repository's .github/nines.yml")
    .action(async (options: StagesOptions) => {
      finish(await stagesCommand(options, terminal));
    });
}

function addChecks(program: Command, terminal: Terminal): void {
  program
    .command("checks")
    .description("List all checks.")
    .action(() => terminal.out(listChecks(checks, terminal)));
  program
    .command("explain")
    .description("Say why a check is there, what it flags and what it leaves alone.")
    .addArgument(new Argument("<id>", "the check, such as pdb-deadlock"))
    .action((id: string) => {
      const check = checks.find((one) => one.id === id);
      if (check) {
        terminal.out(explain(check, terminal));
        return;
      }
      const meant = nearest(
        id,
        checks.map((one) => one.id),
      );
      const wayOut = meant === undefined ? "nines checks lists all" : `did you mean ${meant}?`;
      throw new Unreadable(`There is no check ${JSON.stringify(id)}: ${wayOut}`);
    });
}

function addPolicy(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command("policy")
    .description("Work with policy files.")
    .command("validate")
    .description("Say whether policy files are valid, and where they are not.")
    .argument("<file...>", "policy files")
    .option("--organisation", "they are an organisation's: keys may be locked")
    .action(async (files: string[], { organisation }: { organisation?: true }) => {
      finish(await validatePolicies(files, organisation ? "organisation" : "repository", terminal));
    });
}

/** Runs one command. Expected failures become one line on stderr. */
async function main(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = EXIT.pass;
  const finish: Finish = (result) => {
    code = result;
  };
  const program = new Command("nines")
    .description("Reviews changes for zero downtime.")
    .version(version(), "-V, --version", "print the version")
    .addHelpText("after", "\nExit code: 0 pass (also with warnings), 1 fail, 2 could not judge.")
    .showHelpAfterError("(nines --help shows what there is)")
    .exitOverride();
  addReview(program, terminal, finish);
  addStages(program, terminal, finish);
  addChecks(program, terminal);
  addPolicy(program, terminal, finish);
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.unjudged;
    terminal.err(`nines: ${error instanceof Unreadable ? error.message : describe(error)}`);
    return EXIT.unjudged;
  }
}

function describe(error: unknown): string {
  return `this is a bug, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

// The reader of a pipe may leave early (`nines review | head`): that is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});
process.exitCode = await main(process.argv.slice(2), terminalOf(process.stdout, process.stderr, process.env));
