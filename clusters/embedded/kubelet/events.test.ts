import { describe, expect, test } from "vitest";
import { EventCorrelator, type EventToPost } from "./events.ts";
import type { Pod } from "./types.ts";

const pod = { metadata: { namespace: "n", name: "p", uid: "u" }, spec: { containers: [] } } as unknown as Pod;
const event = (message: string, reason = "FailedMount"): EventToPost => ({ pod, type: "Warning", reason, message });

describe("events", () => {
  test("of the same text raise the count of one object", () => {
    const correlator = new EventCorrelator();
    const first = correlator.decide(event("a"), 0);
    const second = correlator.decide(event("a"), 1000);
    expect([first.kind, second.kind]).toEqual(["create", "count"]);
    expect(second).toMatchObject({ observed: { count: 2, first: "1970-01-01T00:00:00Z" } });
  });

  test("are combined from the tenth differing text on, and count on in one object", () => {
    const correlator = new EventCorrelator();
    const messages = Array.from({ length: 12 }, (_, n) => {
      const decision = correlator.decide(event(`text ${n}`), n);
      return decision.kind === "drop" ? "" : `${decision.kind} ${decision.observed.count} ${decision.message}`;
    });
    expect(messages[8]).toBe("create 1 text 8");
    expect(messages.slice(9)).toEqual([
      "create 1 (combined from similar events): text 9",
      "count 2 (combined from similar events): text 10",
      "count 3 (combined from similar events): text 11",
    ]);
  });

  test("are no longer similar after ten minutes of silence", () => {
    const correlator = new EventCorrelator();
    for (let n = 0; n < 9; n++) correlator.decide(event(`text ${n}`), n);
    expect(correlator.decide(event("text 9"), 700_000)).toMatchObject({ message: "text 9" });
  });

  test("of one object stop at 25, then one comes every five minutes", () => {
    const correlator = new EventCorrelator();
    const written = Array.from({ length: 96 }, () => correlator.decide(event("a"), 0).kind).filter((k) => k !== "drop");
    expect(written).toHaveLength(25);
    expect(correlator.decide(event("a"), 299_000).kind).toBe("drop");
    expect(correlator.decide(event("a"), 300_000)).toMatchObject({ kind: "count", observed: { count: 98 } });
  });
});
