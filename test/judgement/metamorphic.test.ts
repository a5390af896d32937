import { describe, expect, test } from "@jest/globals";
import { checks } from "../../src/checks/index.ts";
import { HARMLESS } from "./harmless.ts";
import { HAZARDS } from "./hazards.ts";
import { news, shown } from "./judged.ts";
import { Random } from "./random.ts";
import { cloned, repository, written } from "./repository.ts";
import { SAME } from "./rewrites.ts";

const repo = repository();
const plain = written(repo);

test("the repository is one that a company could have", () => {
  expect(repo.length).toBeGreaterThan(90);
  expect(new Set(repo.map(({ object }) => object["kind"])).size).toBeGreaterThan(14);
});

test.each(SAME)("$title: no change", async ({ apply, backOnly }) => {
  const other = apply(repo, new Random(1));
  expect([...other]).not.toEqual([...plain]);
  if (!backOnly) expect((await news(plain, other)).map(shown)).toEqual([]);
  expect((await news(other, plain)).map(shown)).toEqual([]);
});

test.each(HARMLESS)("$title: nobody is hurt", async ({ apply }) => {
  const other = apply(repo, new Random(3));
  expect([...other]).not.toEqual([...plain]);
  expect((await news(plain, other)).map(shown)).toEqual([]);
});

/** Whether a check knows more than another, and speaks in its place. */
const saysBetter = (id: string, other: string) =>
  checks.some((one) => one.id === id && (one.supersedes ?? []).includes(other));

const ways = SAME.filter(({ backOnly }) => !backOnly);

describe.each(HAZARDS)("$check: $title", ({ check, inflict }) => {
  test.each([1, 2])("is named, however it is written (seed %i)", async (seed) => {
    const random = new Random(HAZARDS.findIndex((hazard) => hazard.inflict === inflict) * 100 + seed);
    const hurt = cloned(repo);
    const [kind, name = ""] = inflict(hurt, random).split("/");
    const { title, apply } = random.pick(ways);
    const findings = await news(plain, apply(hurt, random));
    const about = findings
      .filter((one) => one.check === check || saysBetter(one.check, check))
      .map(({ subject }) => `${subject.kind}/${subject.name}`);
    expect({ title, about }).toEqual({ title, about: [`${String(kind)}/${name}`] });
    const others = findings.filter(
      ({ subject, severity }) => severity !== "notice" && !subject.name.startsWith(name),
    );
    expect({ title, others: others.map(shown) }).toEqual({ title, others: [] });
  });
});
