import { describe, expect, test } from "vitest";
import { silentLog } from "../../core/index.ts";
import { openMounter, plainMounter } from "../index.ts";
import { differencesOf } from "./compare.ts";
import {
  DIFFERENT,
  DIFFERENT_IN_HARDENED,
  DIFFERENT_WITHOUT_MOUNTS,
  LEFT_OUT,
  OTHER_WORDS_IN_HARDENED,
  OTHER_WORDS_WITHOUT_MOUNTS,
  TWICE,
} from "./differences.ts";
import { LEGACY_RECORDINGS, nameOf, RECORDINGS, type Recording, readProbes } from "./probe.ts";
import { type ReplayOptions, ReplayRig } from "./rig.ts";

/** What the recording's client, and not the driver, said about a call that never ended. */
const CLIENTS_WORDS = /^(\(client deadline|Connection dropped)/;

type Agreement = { different: string[]; otherWords: string[]; leftOut: string[]; equal: number };

async function replay(recordings: readonly Recording[], options: ReplayOptions): Promise<Agreement> {
  const agreement: Agreement = { different: [], otherWords: [], leftOut: [], equal: 0 };
  for (const recording of recordings) {
    await using rig = await ReplayRig.start(recording, options);
    for (const probe of readProbes(recording)) {
      const name = nameOf(probe);
      if (LEFT_OUT[name] !== undefined) {
        agreement.leftOut.push(name);
        continue;
      }
      const got = await rig.play(probe);
      const differences = differencesOf(probe, got, rig.tellsModes);
      const { message } = probe.response;
      const isOtherwise = !CLIENTS_WORDS.test(message) && message !== got.message;
      if (differences.length > 0) agreement.different.push(name);
      else if (isOtherwise) agreement.otherWords.push(name);
      else agreement.equal++;
      if (process.env["SHOW_REPLAY"] === undefined) continue;
      if (differences.length > 0) console.log(recording, name, "\n ", differences.join("\n  "));
      if (isOtherwise) console.log("words", name, `\n    ${message}\n    ${got.message}`);
    }
  }
  return { ...agreement, different: agreement.different.sort(), otherWords: agreement.otherWords.sort() };
}

const names = (...lists: Readonly<Record<string, string>>[]): string[] =>
  lists.flatMap((list) => Object.keys(list)).sort();
/** As many times as probes bear the name. */
const each = (list: Readonly<Record<string, string>>): string[] =>
  names(list).flatMap((name) => Array.from({ length: TWICE[name] ?? 1 }, () => name));

describe("the recorded calls of the real driver, replayed", { timeout: 240_000 }, () => {
  test("on upstream-1.6 agree in code, provider's calls, folder, status object, metrics, events and words", async () => {
    const mounter = await openMounter(silentLog);
    const isPlain = mounter.kind === "plain";
    expect(await replay(RECORDINGS, { behaviour: "upstream-1.6", mounter })).toEqual({
      different: isPlain ? names(DIFFERENT, DIFFERENT_WITHOUT_MOUNTS) : names(DIFFERENT),
      otherWords: isPlain ? names(OTHER_WORDS_WITHOUT_MOUNTS) : [],
      leftOut: names(LEFT_OUT),
      equal: isPlain ? 277 : 280,
    });
  });

  test("where mount(2) is refused agree but for what only a mount can do", async () => {
    expect(await replay(RECORDINGS, { behaviour: "upstream-1.6", mounter: plainMounter() })).toEqual({
      different: names(DIFFERENT, DIFFERENT_WITHOUT_MOUNTS),
      otherWords: names(OTHER_WORDS_WITHOUT_MOUNTS),
      leftOut: names(LEFT_OUT),
      equal: 277,
    });
  });

  test("on hardened differ where hardened means to", async () => {
    const { different, otherWords, equal } = await replay(RECORDINGS, {
      behaviour: "hardened",
      mounter: plainMounter(),
    });
    expect({ different, otherWords, equal }).toEqual({
      different: each(DIFFERENT_IN_HARDENED),
      otherWords: names(OTHER_WORDS_IN_HARDENED),
      equal: 211,
    });
  });

  test("of v1.5.6 on upstream-1.5 agree in what its reconciler asks, writes, tells and counts", async () => {
    expect(await replay(LEGACY_RECORDINGS, { behaviour: "upstream-1.5", mounter: plainMounter() })).toEqual({
      different: [],
      otherWords: [],
      leftOut: [],
      equal: 8,
    });
  });
});
