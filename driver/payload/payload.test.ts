import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { seededRandom, VirtualClock } from "../../core/index.ts";
import { rulesOf } from "../behaviour.ts";
import { seenFiles } from "../testing/rig.ts";
import { applyPayload, fileMode, type Payload } from "./index.ts";
import { checkPaths, refusalOf } from "./paths.ts";
import { type CurrentPayload, DATA_DIRECTORY, planPayload } from "./plan.ts";

const hardened = rulesOf("hardened");
const upstream = rulesOf("upstream-1.6");

const payloadOf = (contents: Readonly<Record<string, string>>, mode = 0o644): Payload =>
  new Map(Object.entries(contents).map(([path, text]) => [path, { mode, contents: Buffer.from(text) }]));

describe("what a file may be called", () => {
  const LONG = "x".repeat(255);
  test.each([
    ["", 'invalid path: must not be empty: ""'],
    ["/a", "invalid path: must be relative path: /a"],
    [`${`${"x".repeat(100)}/`.repeat(41)}y`, "invalid path: must be less than or equal to 4096 characters"],
    ["a/../b", "invalid path: must not contain '..': a/../b"],
    ["..", "invalid path: must not contain '..': .."],
    [`${LONG}x`, "invalid path: filenames must be less than or equal to 255 characters"],
    ["ü".repeat(128), "invalid path: filenames must be less than or equal to 255 characters"],
    ["..a/b", "invalid path: must not start with '..': ..a/b"],
    ["...", "invalid path: must not start with '..': ..."],
    ["./a", 'invalid filepath: "./a"'],
    ["a//b", 'invalid filepath: "a//b"'],
    ["a/", 'invalid filepath: "a/"'],
    ["a/.", 'invalid filepath: "a/."'],
  ])("%j is refused by name", (path, text) => {
    expect(refusalOf(path, hardened)).toBe(text);
    expect(refusalOf(path, upstream)).toBe(text);
  });

  test.each(["a", "a/..x", ".x", LONG, "a\\b", "a\nb", "-dash", "sp ace", "ü", "a/b/c"])("%j is fine", (path) => {
    expect(refusalOf(path, hardened)).toBeUndefined();
  });

  test('"." is refused in hardened and passes upstream (B6)', () => {
    expect(refusalOf(".", hardened)).toBe('invalid filepath: "."');
    expect(refusalOf(".", upstream)).toBeUndefined();
  });

  test("a path that is file and directory at once is found before anything is written", () => {
    expect(() => checkPaths(["a", "a/b"], hardened)).toThrow(/"a" is both a file and the directory of "a\/b"/);
    expect(() => checkPaths(["x/y/z", "x"], hardened)).toThrow(/both a file and the directory/);
    expect(() => checkPaths(["a", "a/b"], upstream)).not.toThrow();
    expect(() => checkPaths(["a", "ab/c", "ac"], hardened)).not.toThrow();
  });

  test("whatever is accepted stays below the volume and shadows nothing of the writer's", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12, unit: fc.constantFrom("a", ".", "/", "b") }), (path) => {
        if (refusalOf(path, hardened) !== undefined) return;
        const names = path.split("/");
        expect(path.startsWith("/")).toBe(false);
        expect(names.includes("..") || names.includes(".") || names.includes("")).toBe(false);
        expect(names[0]?.startsWith("..")).toBe(false);
      }),
    );
  });
});

describe("modes", () => {
  test.each([
    [0o400, 0o400, 0o400],
    [0o755, 0o755, 0o755],
    [0, 0o644, 0],
    [-1, 0o777, 0o7777],
    [0o1644, 0o644, 0o644],
    [0o4755, 0o755, 0o755],
    [(1 << 23) | 0o755, 0o755, 0o4755],
    [(1 << 22) | 0o755, 0o755, 0o2755],
    [(1 << 20) | 0o755, 0o755, 0o1755],
    [512, 0o644, 0],
    [2_147_483_647, 0o777, 0o7777],
    [-2_147_483_648, 0o644, 0],
  ])("%i becomes %o, upstream %o", (mode, ours, theirs) => {
    expect(fileMode(mode, hardened)).toBe(ours);
    expect(fileMode(mode, upstream)).toBe(theirs);
  });
});

describe("a plan", () => {
  const EMPTY: CurrentPayload = { dataDirectory: undefined, entries: new Map(), top: new Map(), dangling: [] };

  test("touches nothing when the volume says the same", () => {
    const current: CurrentPayload = {
      dataDirectory: "..now",
      entries: new Map([["a", { kind: "file", mode: 0o644, contents: Buffer.from("1") }]]),
      top: new Map([
        ["..data", "link"],
        ["..now", "other"],
        ["a", "link"],
      ]),
      dangling: [],
    };
    expect(planPayload(payloadOf({ a: "1" }), current, hardened)).toEqual({
      shadowing: [],
      files: undefined,
      newLinks: [],
      staleLinks: [],
      leftovers: [],
    });
    expect(planPayload(payloadOf({ a: "1" }, 0o400), current, upstream).files).toBeUndefined();
    expect(planPayload(payloadOf({ a: "1" }, 0o400), current, hardened).files).toBeDefined();
  });

  test("links every top name once and removes what was dropped", () => {
    const plan = planPayload(payloadOf({ "d/a": "1", "d/b": "2", c: "3" }), EMPTY, hardened);
    expect(plan.newLinks).toEqual(["d", "c"]);
    const current: CurrentPayload = {
      dataDirectory: "..now",
      entries: new Map([
        ["d", { kind: "directory" }],
        ["d/x", { kind: "file", mode: 0o644, contents: Buffer.from("1") }],
        ["gone", { kind: "file", mode: 0o644, contents: Buffer.from("1") }],
      ]),
      top: new Map([
        ["d", "link"],
        ["gone", "link"],
        ["left", "link"],
      ]),
      dangling: ["left"],
    };
    expect(planPayload(payloadOf({ "d/y": "2" }), current, hardened)).toMatchObject({
      newLinks: [],
      staleLinks: ["gone", "left"],
    });
    expect(planPayload(payloadOf({ "d/y": "2" }), current, upstream).staleLinks).toEqual(["gone"]);
  });
});

describe("writing", () => {
  let folder: string;
  let target: string;
  const clock = new VirtualClock(Date.UTC(2026, 0, 2, 15, 4, 5));
  const context = { clock, random: seededRandom(7), rules: hardened };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mp-pay-"));
    target = join(folder, "mount");
    mkdirSync(target);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("puts files behind one link that names a dated directory", () => {
    expect(applyPayload(target, payloadOf({ a: "1", "d/b": "2" }), context)).toBe(true);
    const data = readlinkSync(join(target, "..data"));
    expect(data).toMatch(DATA_DIRECTORY);
    expect(data).toMatch(/^\.\.2026_01_02_15_04_05\.\d+$/);
    expect(readdirSync(target).sort()).toEqual([data, "..data", "a", "d"].sort());
    expect(readlinkSync(join(target, "a"))).toBe("..data/a");
    expect(statSync(join(target, data)).mode & 0o7777).toBe(0o755);
    expect(seenFiles(target)).toEqual({ a: "1", "d/b": "2" });
  });

  test("that changes nothing leaves the directory as it is", () => {
    applyPayload(target, payloadOf({ a: "1" }), context);
    const before = { link: readlinkSync(join(target, "..data")), mtime: statSync(target).mtimeMs };
    expect(applyPayload(target, payloadOf({ a: "1" }), context)).toBe(false);
    expect({ link: readlinkSync(join(target, "..data")), mtime: statSync(target).mtimeMs }).toEqual(before);
  });

  test("replaces what a provider put under the same names, and keeps the rest", () => {
    writeFileSync(join(target, "a"), "old");
    mkdirSync(join(target, "d"));
    writeFileSync(join(target, "d", "z"), "old");
    writeFileSync(join(target, "other"), "keep");
    applyPayload(target, payloadOf({ a: "new", "d/b": "new" }), context);
    expect(seenFiles(target)).toEqual({ a: "new", "d/b": "new", other: "keep" });
    expect(lstatSync(join(target, "a")).isSymbolicLink()).toBe(true);
  });

  test("that fails keeps the old version whole, and leaves nothing of the new one", () => {
    applyPayload(target, payloadOf({ a: "1" }), context);
    const before = readdirSync(target).sort();
    // As long as a name may be; below a folder it is longer than the system takes, wherever that folder is.
    const tooLong = `${`${"x".repeat(250)}/`.repeat(16)}${"y".repeat(80)}`;
    expect(() => applyPayload(target, payloadOf({ a: "2", [tooLong]: "x" }), context)).toThrow(
      /^(open|mkdir) .*: file name too long$/s,
    );
    expect(readdirSync(target).sort()).toEqual(before);
    expect(seenFiles(target)).toEqual({ a: "1" });
  });

  test("sweeps what a killed writer left", () => {
    applyPayload(target, payloadOf({ a: "1" }), context);
    mkdirSync(join(target, "..2020_01_01_00_00_00.1"));
    applyPayload(target, payloadOf({ a: "2" }), context);
    expect(readdirSync(target)).not.toContain("..2020_01_01_00_00_00.1");
    expect(seenFiles(target)).toEqual({ a: "2" });
  });

  test("says the file system's words as Go does", () => {
    const rules = { ...context, rules: upstream };
    expect(() => applyPayload(target, payloadOf({ a: "f", "a/b": "g" }), rules)).toThrow(
      /^mkdir .*\/a\/: file exists$/,
    );
    expect(() => applyPayload(target, payloadOf({ "c/b": "g", c: "f" }), rules)).toThrow(
      /^open .*\/c: is a directory$/,
    );
    expect(readdirSync(target).filter((name) => DATA_DIRECTORY.test(name))).toHaveLength(2); // B9: strays stay
  });

  test("a volume holds exactly the last payload, whatever came before", () => {
    const name = fc.constantFrom("a", "b", "c", ".d");
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
    const payload = fc.dictionary(path, fc.string({ maxLength: 3 }), { maxKeys: 5 }).map((files) => {
      // One that is file and directory at once is refused before it comes here.
      const paths = Object.keys(files);
      return Object.fromEntries(
        Object.entries(files).filter(([one]) => !paths.some((other) => other.startsWith(`${one}/`))),
      );
    });
    const mode = fc.constantFrom(0o600, 0o644);
    fc.assert(
      fc.property(fc.array(fc.tuple(payload, mode), { minLength: 1, maxLength: 6 }), (history) => {
        rmSync(target, { recursive: true, force: true });
        mkdirSync(target);
        for (const [files, bits] of history) {
          const before = seenFiles(target);
          const changed = applyPayload(target, payloadOf(files, bits), context);
          expect(seenFiles(target)).toEqual(files);
          if (!changed) expect(before).toEqual(files);
          for (const one of Object.keys(files)) expect(statSync(join(target, one)).mode & 0o777).toBe(bits);
          expect(readdirSync(target).filter((entry) => entry.startsWith(".."))).toHaveLength(2);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("a file that nobody may read is written anew", () => {
    applyPayload(target, payloadOf({ a: "1" }), context);
    chmodSync(join(target, "..data", "a"), 0);
    applyPayload(target, payloadOf({ a: "1" }), context);
    expect(statSync(join(target, "a")).mode & 0o777).toBe(0o644);
  });
});

describe("links that somebody else planted in a volume", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mp-plant-"));
    for (const name of ["mount", "outside"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "outside", "kept"), "outside");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const write = (): string => {
    const target = join(folder, "mount");
    const context = { rules: hardened, clock: new VirtualClock(), random: seededRandom(1) };
    applyPayload(target, payloadOf({ a: "one" }), context as Parameters<typeof applyPayload>[2]);
    return target;
  };

  test("under a file's name are replaced", () => {
    symlinkSync("../outside/kept", join(folder, "mount", "a"));
    expect(readlinkSync(join(write(), "a"))).toBe("..data/a");
  });

  test("in place of the writer's own lead it nowhere, and nothing outside is removed", () => {
    symlinkSync("../outside", join(folder, "mount", "..data"));
    expect(readlinkSync(join(write(), "..data"))).toMatch(DATA_DIRECTORY);
    expect(readdirSync(join(folder, "outside"))).toEqual(["kept"]);
  });
});
