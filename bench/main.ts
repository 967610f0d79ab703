/**
 * `npm run bench [-- --json] [-- --only NAME]`: every speed and memory claim of this project, each beside a
 * baseline measured in the same run. `--json` prints one object a line: name, value, unit, baseline, ratio.
 */

import { flagsOf } from "../scripts/flags.ts";
import type { Figure } from "./measure.ts";

const { values } = flagsOf(import.meta.filename, {
  options: { json: { type: "boolean", default: false }, only: { type: "string" } },
});

type Bench = {
  readonly name: string;
  readonly onlyByName?: boolean;
  load(): Promise<{ run(emit: (figure: Figure) => void): Promise<void> }>;
};

const benches: readonly Bench[] = [
  { name: "publish", load: () => import("./publish.ts") },
  { name: "drivers", load: () => import("./drivers.ts") },
  { name: "sync", load: () => import("./sync.ts") },
  { name: "republish", load: () => import("./republish.ts") },
  { name: "cluster-start", load: () => import("./cluster-start.ts") },
  { name: "api-server", load: () => import("./api-server.ts") },
  ...(["aws", "azure", "gcp", "vault"] as const).map((store) => ({
    name: `stores-${store}`,
    load: async () => {
      const { run } = await import("./stores.ts");
      return { run: (emit: (figure: Figure) => void) => run(emit, store) };
    },
  })),
  { name: "driver-memory", load: () => import("./driver-memory.ts") },
  { name: "memory", load: () => import("./memory.ts") },
  { name: "unpublish", onlyByName: true, load: () => import("./unpublish.ts") },
  { name: "scale", onlyByName: true, load: () => import("./scale.ts") },
];

const chosen = benches.filter(({ name, onlyByName = false }) =>
  values.only === undefined ? !onlyByName : name.startsWith(values.only),
);
if (chosen.length === 0) {
  console.error(`no bench is named "${values.only}"; there are: ${benches.map(({ name }) => name).join(", ")}`);
  process.exit(3);
}

const print = (figure: Figure): void => {
  if (values.json) {
    console.log(JSON.stringify(figure));
    return;
  }
  const beside =
    figure.baseline === null
      ? ""
      : `   ${figure.baseline.name}: ${figure.baseline.value} ${figure.unit}, ratio ${figure.ratio}`;
  console.log(`${figure.name.padEnd(44)} ${String(figure.value).padStart(10)} ${figure.unit}${beside}`);
};

for (const bench of chosen) {
  const { run } = await bench.load();
  await run(print);
}
