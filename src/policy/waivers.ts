import type { Policy, Subject, Waiver } from "../engine/types.ts";
import { matches } from "../engine/glob.ts";

/** The first waiver that accepts this check's findings about this subject. It holds on its `until` day, not after. */
export function waiverFor(policy: Policy, check: string, subject: Subject): Waiver | undefined {
  return policy.waivers.find(
    (waiver) =>
      waiver.check === check && waiver.until >= policy.today && matches(waiver.subject, subject.ref),
  );
}
