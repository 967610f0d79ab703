import { SPOILT_PROVIDERS } from "../spoilt-providers/index.ts";
import { REFERENCE, type ReferenceSubject } from "../subjects/subject.ts";
import { judge } from "./judge.ts";

/**
 * Runs must-cases of a store's profile on its reference provider with one defect each; prints the judgements as JSON.
 * Arguments: the profile, then the defects; `none` for the provider as it is. `--named`: each defect is shown the first
 * few cases that name it, in place of all.
 */
const NAMED = 2;

const args = process.argv.slice(2);
const [profile = "", ...ids] = args.filter((arg) => !arg.startsWith("--"));
const defects = SPOILT_PROVIDERS[profile] ?? [];
const subjects = ids.map((id): ReferenceSubject => {
  const providerSpoiler = defects.find((one) => one.id === id);
  const title = `a provider that ${providerSpoiler?.title ?? "is as it should be"}`;
  return { ...REFERENCE, id, title, ...(providerSpoiler && { providerSpoiler }) };
});
const judgements = await judge({
  subjects,
  profiles: [profile],
  tags: "@must",
  choose: ({ file, id }, _index, subject) => {
    // Guides are whole clusters, and processes are not spoilt.
    if (file.startsWith("features/guide/") || file.endsWith("/process.feature")) return false;
    if (!args.includes("--named")) return true;
    const breaks = defects.find((one) => one.id === subject.id)?.breaks ?? [];
    return breaks.slice(0, NAMED).includes(id);
  },
});
process.stdout.write(JSON.stringify(judgements), () => process.exit(0));
