import { nullDrivers } from "../null-subjects/drivers.ts";
import { nullProviders, nullStoreProviders } from "../null-subjects/providers.ts";
import type { Subject } from "../subjects/subject.ts";
import { judge } from "./judge.ts";

/**
 * Runs the must-cases of the profiles given as arguments on their null subjects, each in the first behaviour it
 * holds in; prints the judgements as JSON. `--until-failed` is quick: a case that has failed on one of them is not
 * shown to the next, and whole clusters are left out.
 */
const SUBJECTS: Readonly<Record<string, () => readonly Subject[]>> = {
  "PROVIDER-GRPC": nullProviders,
  "PROVIDER-AWS": () => nullStoreProviders("aws"),
  "PROVIDER-AZURE": () => nullStoreProviders("azure"),
  "PROVIDER-GCP": () => nullStoreProviders("gcp"),
  "PROVIDER-VAULT": () => nullStoreProviders("vault"),
  "DRIVER-NODE": nullDrivers,
  "DRIVER-SYNC": nullDrivers,
  "DRIVER-ROTATION": nullDrivers,
  SECURITY: nullDrivers,
  OPERATIONS: nullDrivers,
};

const args = process.argv.slice(2);
const untilFailed = args.includes("--until-failed");
const profiles = args.filter((arg) => !arg.startsWith("--"));
const subjects = [...new Map(profiles.flatMap((profile) => SUBJECTS[profile]?.() ?? []).map(byKind)).values()];
const judgements = await judge({
  subjects,
  profiles,
  behaviour: "declared",
  untilFailed,
  // A guide takes a second of whole clusters; `npm run judge` shows them too.
  ...(untilFailed && { choose: ({ file }) => !file.startsWith("features/guide/") }),
});
process.stdout.write(JSON.stringify(judgements), () => process.exit(0));

/** The same driver stands for several profiles. */
function byKind(subject: Subject): readonly [string, Subject] {
  return [`${subject.kind} ${subject.kind === "store-provider" ? subject.store : ""} ${subject.id}`, subject];
}
