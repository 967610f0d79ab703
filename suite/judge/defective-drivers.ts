import { DEFECTS, withDefects } from "../../driver/index.ts";
import { SPOILERS } from "../spoilt-drivers/drivers.ts";
import { REFERENCE, type ReferenceSubject } from "../subjects/subject.ts";
import { judge } from "./judge.ts";

/**
 * Runs must-cases of a profile on the reference driver with one defect each; prints the judgements as JSON.
 * Arguments: the profile, then the defects; `none` for the driver as it is. `--sample`: each defect is shown a few of
 * the cases that name it and a few others, other ones for each, in place of all.
 */
/** Without the cases that need a whole cluster: seconds each, and none of them is about one defect alone. */
const LIGHT = "@must and not @whole-cluster and not @needs:slow";
const ALL = "@must";
const NAMED_IN_SAMPLE = 3;
/** Of the others every so many-th, and other ones for each defect. */
const STRIDE = 29;

const args = process.argv.slice(2);
const isSample = args.includes("--sample");
const [profile = "", ...ids] = args.filter((arg) => !arg.startsWith("--"));
const spoilers = SPOILERS[profile] ?? [];
const subjects = ids.map((id): ReferenceSubject => {
  const defect = DEFECTS.find((one) => one.id === id);
  const spoiler = spoilers.find((one) => one.id === id);
  const title = defect?.title ?? spoiler?.title ?? "the reference driver";
  return { ...REFERENCE, id, title, ...(defect && { defects: withDefects(defect.id) }), ...(spoiler && { spoiler }) };
});
const judgements = await judge({
  subjects,
  profiles: [profile],
  tags: profile === "DRIVER-SYNC" ? LIGHT : ALL,
  ...(isSample && {
    choose: (one, index, subject) => {
      const named = breaks(subject.id).indexOf(one.id);
      if (named >= 0) return named < NAMED_IN_SAMPLE;
      return (index + ids.indexOf(subject.id) * 5) % STRIDE === 0;
    },
  }),
});
process.stdout.write(JSON.stringify(judgements), () => process.exit(0));

function breaks(id: string): readonly string[] {
  return [...DEFECTS, ...spoilers].find((one) => one.id === id)?.breaks ?? [];
}
