import { DRIVER_SERVICE_ACCOUNT } from "../../driver/index.ts";
import { REFERENCE, type ReferenceSubject } from "../subjects/subject.ts";
import { judge } from "./judge.ts";
import { type Right, rightOf } from "./rights.ts";

/**
 * What the driver asks of the API server, and what becomes of cases when it may not. Arguments: `asked` and ids of
 * cases, which are run in each behaviour they hold in; or `without` and JSON, rights with the cases to be run when the
 * driver has all others: `[{"right": "get pods", "behaviour": "hardened", "ids": ["SYN-01"]}]`. Prints JSON.
 */
export type Asked = {
  readonly id: string;
  readonly behaviour: string;
  readonly rights: readonly Right[];
  readonly refused: readonly Right[];
};
export type Without = { readonly right: Right; readonly behaviour: string; readonly ids: readonly string[] };

const CALLER = `system:serviceaccount:kube-system:${DRIVER_SERVICE_ACCOUNT}`;
const PROFILES = ["DRIVER-NODE", "DRIVER-SYNC", "DRIVER-ROTATION", "SECURITY", "OPERATIONS"];

const [mode = "", ...rest] = process.argv.slice(2);
const answer = mode === "asked" ? await asked(rest) : await without(JSON.parse(rest[0] ?? "[]") as Without[]);
process.stdout.write(JSON.stringify(answer), () => process.exit(0));

async function asked(ids: readonly string[]): Promise<Asked[]> {
  const found: Asked[] = [];
  const subject: ReferenceSubject = {
    ...REFERENCE,
    onJournal: (id, behaviour, journal) => {
      const mine = journal.filter(({ seam, detail }) => seam === "kube-api" && detail["caller"] === CALLER);
      const rights = (entries: typeof mine): Right[] => [...new Set(entries.map(({ detail }) => requested(detail)))];
      found.push({
        id,
        behaviour,
        rights: rights(mine),
        refused: rights(mine.filter(({ status }) => status === "403")),
      });
    },
  };
  await judge({ subjects: [subject], profiles: PROFILES, behaviour: "all", choose: ({ id }) => ids.includes(id) });
  return found;
}

function requested(detail: Readonly<Record<string, unknown>>): Right {
  const { verb, group = "", resource = "", subresource } = detail;
  return rightOf(String(verb), String(group), `${resource}${subresource === undefined ? "" : `/${subresource}`}`);
}

/** @returns the cases that failed without each right */
async function without(plan: readonly Without[]): Promise<{ readonly right: Right; readonly failed: string[] }[]> {
  const subjects = [...new Set(plan.map(({ right }) => right))].map(
    (right): ReferenceSubject => ({
      ...REFERENCE,
      id: right,
      title: `a driver that may not ${right}`,
      withoutRight: right,
    }),
  );
  const judgements = await judge({
    subjects,
    profiles: PROFILES,
    behaviour: "all",
    choose: ({ id }, _index, { id: subject }, behaviour) =>
      plan.some((one) => one.right === subject && one.behaviour === behaviour && one.ids.includes(id)),
  });
  return subjects.map(({ id: right }) => ({
    right,
    failed: judgements.filter(({ subject, status }) => subject === right && status === "failed").map(({ id }) => id),
  }));
}
