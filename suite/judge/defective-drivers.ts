import { DEFECTS, withDefects } from "../../driver/index.ts";
import type { ReferenceSubject } from "../subjects/subject.ts";
import { judge } from "./judge.ts";

/**
 * Runs the must-cases of a profile on the reference driver with one known defect each; prints the judgements as JSON.
 * Arguments: the profile, then the defects; `none` for the driver as it is.
 */
/** Without the cases that need a whole cluster: seconds each, and none of them is about one defect alone. */
const LIGHT = "@must and not @needs:virtual-time";

const [profile = "", ...ids] = process.argv.slice(2);
const subjects = ids.map((id): ReferenceSubject => {
  const defect = DEFECTS.find((one) => one.id === id);
  return {
    kind: "reference",
    id,
    title: defect?.title ?? "the reference driver",
    ...(defect !== undefined && { defects: withDefects(defect.id) }),
  };
});
process.stdout.write(JSON.stringify(await judge(subjects, [profile], "hardened", LIGHT)), () => process.exit(0));
