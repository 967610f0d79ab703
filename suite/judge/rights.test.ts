import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { driverManifests } from "../../driver/index.ts";
import type { Asked, Without } from "./driver-rights.ts";
import { type Right, rightsOf, withoutRight } from "./rights.ts";

const GROUP = "secrets-store.csi.x-k8s.io";
const CLASSES = `secretproviderclasses.${GROUP}`;
const STATUSES = `secretproviderclasspodstatuses.${GROUP}`;
const STATUS = `secretproviderclasspodstatuses/status.${GROUP}`;
const DRIVERS = "csidrivers.storage.k8s.io";

/** The chart with all that it can give, of the release and of the one before. */
const CHARTS = [
  driverManifests({ syncSecret: { enabled: true } }),
  driverManifests({ syncSecret: { enabled: true }, release: "1.5" }),
];

/** The real chart gives these (its v1.6.0, §10 of the driver's specification), and no behaviour asks for them. */
const UNASKED: readonly Right[] = [
  ...["delete", "patch"].map((verb) => `${verb} ${STATUSES}`),
  ...["get", "patch", "update"].map((verb) => `${verb} ${STATUS}`),
  `get ${DRIVERS}`,
  "delete secrets",
];

/**
 * Asked for, and nobody notices when they are missing. A watch that is refused is followed by a list a moment later: what
 * it would have brought is there in time. A class that no copy has yet is asked for by name; its watch brings it as well.
 */
const UNNOTICED: readonly Right[] = ["watch pods", `watch ${DRIVERS}`, `get ${CLASSES}`];

type Witness = { readonly id: string; readonly behaviour: string };
const hardened = (id: string): Witness => ({ id, behaviour: "hardened" });
const upstream = (id: string): Witness => ({ id, behaviour: "upstream-1.6" });
const legacy = (id: string): Witness => ({ id, behaviour: "upstream-1.5" });

/** Who notices. A right that is not listed is shown to every case that asked for it. */
const WITNESSES: Readonly<Record<Right, Witness>> = {
  "create events": hardened("ROT-05h"),
  "patch events": hardened("ROT-05i"),
  "get pods": hardened("SYN-25h"),
  "list pods": upstream("SYN-02"),
  "watch pods": upstream("SYN-02"),
  [`list ${CLASSES}`]: hardened("MNT-16"),
  [`watch ${CLASSES}`]: hardened("MNT-25"),
  [`create ${STATUSES}`]: hardened("MNT-16"),
  [`get ${STATUSES}`]: hardened("MNT-17"),
  [`update ${STATUSES}`]: hardened("MNT-17"),
  [`list ${STATUSES}`]: upstream("SYN-02"),
  [`watch ${STATUSES}`]: upstream("SYN-02"),
  "create secrets": hardened("SYN-02"),
  "get secrets": hardened("SYN-18h"),
  "list secrets": hardened("SYN-17"),
  "watch secrets": hardened("SYN-17"),
  "update secrets": hardened("SYN-27h"),
  "patch secrets": upstream("SYN-04"),
  [`list ${DRIVERS}`]: legacy("ROT-22"),
  [`watch ${DRIVERS}`]: legacy("ROT-22"),
  "create serviceaccounts/token": legacy("ROT-22"),
};

/** Asks for a class that is not there. */
const ALSO_ASKED = ["CSI-12"];
const MOST_WITNESSES = 4;

async function answerOf<T>(...args: readonly string[]): Promise<T> {
  const program = fileURLToPath(new URL("driver-rights.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as T;
}

describe("the rights of the driver's account", () => {
  const granted = [...new Set(CHARTS.flatMap(rightsOf))].sort();
  let all: readonly Asked[] = [];
  let asked: ReadonlySet<Right> = new Set();

  beforeAll(async () => {
    all = await answerOf<Asked[]>(
      "asked",
      ...new Set([...ALSO_ASKED, ...Object.values(WITNESSES).map(({ id }) => id)]),
    );
    asked = new Set(all.flatMap(({ rights }) => rights));
  }, 300_000);

  test("are all that it asks for, but for upstream's list of Secrets without sync", () => {
    const refused = all.flatMap(({ id, behaviour, refused: rights }) =>
      rights.map((right) => ({ id, behaviour, right })),
    );
    expect(refused.filter(({ behaviour, right }) => behaviour !== "upstream-1.6" || right !== "list secrets")).toEqual(
      [],
    );
    expect([...asked].filter((right) => !granted.includes(right))).toEqual([]);
  });

  test("are asked for, but for those that only the real chart has a use for", () => {
    expect(granted.filter((right) => !asked.has(right))).toEqual([...UNASKED].sort());
  });

  test("cannot be fewer: without any one a case fails", { timeout: 300_000 }, async () => {
    const plan = granted
      .filter((right) => asked.has(right) && !UNNOTICED.includes(right))
      .flatMap((right): Without[] => witnessesOf(right).map(({ id, behaviour }) => ({ right, behaviour, ids: [id] })));
    const found = await answerOf<{ right: Right; failed: string[] }[]>("without", JSON.stringify(plan));
    expect(found.map(({ right }) => right)).toEqual([...new Set(plan.map(({ right }) => right))]);
    expect(found.filter(({ failed }) => failed.length === 0).map(({ right }) => right)).toEqual([]);
  });

  function witnessesOf(right: Right): readonly Witness[] {
    const known = WITNESSES[right];
    return known === undefined ? all.filter(({ rights }) => rights.includes(right)).slice(0, MOST_WITNESSES) : [known];
  }
});

describe("taking a right away", () => {
  test("leaves every other one, and those of users", () => {
    const [chart = []] = CHARTS;
    const before = rightsOf(chart);
    for (const right of before)
      expect(rightsOf(withoutRight(chart, right))).toEqual(before.filter((other) => other !== right));
    const viewer = (manifests: typeof chart) =>
      manifests.find(({ metadata }) => metadata.name === "secretproviderclasses-viewer-role");
    expect(viewer(withoutRight(chart, `get ${CLASSES}`))).toEqual(viewer(chart));
  });
});
