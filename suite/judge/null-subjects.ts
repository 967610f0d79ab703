import { nullProviders } from "../null-subjects/providers.ts";
import type { Subject } from "../subjects/subject.ts";
import { judge } from "./judge.ts";

/** Runs the must-cases of the profiles given as arguments on their null subjects; prints the judgements as JSON. */
const SUBJECTS: Readonly<Record<string, () => readonly Subject[]>> = { "PROVIDER-GRPC": nullProviders };

const profiles = process.argv.slice(2);
const subjects = profiles.flatMap((profile) => SUBJECTS[profile]?.() ?? []);
process.stdout.write(JSON.stringify(await judge(subjects, profiles)), () => process.exit(0));
