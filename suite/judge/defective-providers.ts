import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execProvider } from "../subjects/exec-provider.ts";
import type { ProviderSubject } from "../subjects/subject.ts";
import { judge } from "./judge.ts";

/** Runs PROVIDER-GRPC on the sample provider with each defect given as an argument; prints the judgements as JSON. */
const SAMPLE = fileURLToPath(new URL("../testing/sample-provider.ts", import.meta.url));

const folder = await mkdtemp(join(tmpdir(), "mountproof-defects-"));
try {
  const subjects = await Promise.all(process.argv.slice(2).map(sample));
  const judgements = await judge({ subjects, profiles: ["PROVIDER-GRPC"] });
  await new Promise((resolve) => process.stdout.write(JSON.stringify(judgements), resolve));
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exit(0);

/** A store of its own for each, since the cases rotate what is in it. */
async function sample(defect: string): Promise<ProviderSubject> {
  const store = join(folder, `${defect}.json`);
  const values = { password: "correct horse battery", token: "staple-42-staple" };
  await writeFile(store, JSON.stringify(values));
  let turn = 0;
  return execProvider({
    name: defect,
    command: `exec '${process.execPath}' '${SAMPLE}' --socket "$SOCKET" --store '${store}' --defect '${defect}'`,
    readyWithinMs: 10_000,
    inputs: {
      parameters: [{ objects: "password,token" }, { objects: "token" }],
      missing: { objects: "password,absent" },
      rotate: async () => {
        turn++;
        await writeFile(store, JSON.stringify({ ...values, password: `rotated horse ${turn}` }));
      },
      secretValues: {
        values: Object.values(values),
        byPath: new Map(Object.entries(values)),
      },
    },
  });
}
