import { describe, expect, test } from "@jest/globals";
import { parseCommands } from "../../src/commands/parse.ts";
import { answerTo } from "../../src/commands/texts.ts";
import { processorSeconds } from "../support/cost.ts";

const kinds = (body: string) => parseCommands(body).map((command) => command.kind);

describe("a command", () => {
  test.each([
    ["/nines recheck"],
    ["/recheck"],
    ["/Nines ReCheck"],
    ["  /nines recheck"],
    ["/nines\trecheck"],
    ["/nines recheck please, the policy changed"],
    ["Thank you!\r\n\r\n/nines recheck\r\n"],
    ["> what somebody said\n\n/recheck"],
    ["```yaml\nkind: Pod\n```\n/recheck"],
    ["<!-- a note\nto self -->\n/recheck"],
    ["see ```/nines help``` below\n/recheck"],
    ["- a list\n/recheck"],
  ])("is read in %j", (body) => {
    expect(kinds(body)).toEqual(["recheck"]);
  });

  test.each([
    ["please /nines recheck"],
    ["`/nines recheck`"],
    ["> /nines recheck"],
    ["  > /recheck"],
    ["> > /recheck"],
    ["    /nines recheck"],
    ["\t/recheck"],
    ["```\n/nines recheck\n```"],
    ["~~~ sh\n/recheck\n~~~"],
    ["````\n```\n/recheck\n```\n````"],
    ["- ```\n  /recheck\n  ```"],
    ["> ```\n/recheck"],
    ["```\n/recheck"],
    ["<!-- /recheck -->"],
    ["<!--\n/recheck\n-->"],
    ["/ninesrecheck"],
    ["/rechecked"],
    ["/nines-recheck"],
    ["//nines recheck"],
    ["/ nines recheck"],
    ["https://example.com/nines recheck"],
    [""],
  ])("is not read in %j", (body) => {
    expect(kinds(body)).toEqual([]);
  });

  test("alone is a call for help", () => {
    expect(kinds("/nines")).toEqual(["help"]);
    expect(kinds("/nines  ")).toEqual(["help"]);
  });

  test("is named once, and at most five are read", () => {
    expect(kinds("/recheck\n/nines recheck\n/nines help")).toEqual(["recheck", "help"]);
    const many = Array.from({ length: 9 }, (_, i) => `/nines word${i}`).join("\n");
    expect(parseCommands(many)).toHaveLength(5);
  });

  test.each([
    ["rechek", "recheck"],
    ["hlep", "help"],
    ["deploy", undefined],
  ])("%s was meant as %s", (word, meant) => {
    expect(parseCommands(`/nines ${word}`)).toEqual([{ kind: "unknown", word, ...(meant ? { meant } : {}) }]);
  });

  test("is found in time that grows with the comment, whatever is in it", () => {
    const hostile = [
      " ".repeat(60_000),
      ">".repeat(60_000),
      "- ".repeat(30_000),
      "`".repeat(60_000),
      `${"`".repeat(60_000)}\u2028`,
      "<!--".repeat(15_000),
    ];
    const cost = processorSeconds(() => {
      for (const body of hostile) expect(kinds(`${body}x\n`)).toEqual([]);
    });
    expect(cost).toBeLessThan(1);
  });
});

describe("an answer", () => {
  test("names the command that was meant, and shows no Markdown or mention of what was written", () => {
    const answer = answerTo(parseCommands("/nines @org/team`<img>rechek"));
    expect(answer?.body).toContain("There is no command `` /nines @org/team`<img>rechek ``.");
    expect(answerTo(parseCommands("/nines rechek"))?.body).toContain("Did you mean `/nines recheck`?");
  });

  test("is one, whatever was asked together", () => {
    expect(answerTo(parseCommands("/nines help\n/nines xyzzy"))).toMatchObject({ understood: false });
    expect(answerTo(parseCommands("/nines help"))).toMatchObject({ understood: true });
    expect(answerTo(parseCommands("/recheck"))).toBeUndefined();
  });
});
