import { nullDrivers } from "../null-subjects/drivers.ts";
import { nullProviders } from "../null-subjects/providers.ts";
import type { Subject } from "../subjects/subject.ts";
import { judge } from "./judge.ts";

/**
 * Runs the must-cases of the profiles given as arguments on their null subjects, each in the first behaviour it
 * holds in; prints the judgements as JSON.
 */
const SUBJECTS: Readonly<Record<string, () => readonly Subject[]>> = {
  "PROVIDER-GRPC": nullProviders,
  "DRIVER-NODE": nullDrivers,
  "DRIVER-SYNC": nullDrivers,
  "DRIVER-ROTATION": nullDrivers,
  SECURITY: nullDrivers,
  OPERATIONS: nullDrivers,
};

const profiles = process.argv.slice(2);
const subjects = profiles.flatMap((profile) => SUBJECTS[profile]?.() ?? []);
process.stdout.write(JSON.stringify(await judge(subjects, profiles, "declared")), () => process.exit(0));
