import { describe, expect, test } from "vitest";
import { minutes, seededRandom } from "../../core/index.ts";
import { GrpcStatus } from "../../wire/grpc/index.ts";
import { PublishFailure, type PublishStage } from "./failure.ts";
import { isThrottled, type Restraint, restraintAfter } from "./throttling.ts";

const failure = (text: string, stage: PublishStage = "provider"): PublishFailure =>
  new PublishFailure(stage, GrpcStatus.UNKNOWN, text, "GRPCProviderError");

describe("a store that asks for fewer calls", () => {
  test.each([
    "rpc error: code = Unknown desc = Failed fetching secret db: ThrottlingException: Rate exceeded",
    "failed to get objectType:secret, error: 429 Too Many Requests",
    "rpc error: code = ResourceExhausted desc = Quota exceeded for quota metric",
    "couldn't read secret: Error making API request. Code: 429. Errors: request rate limit exceeded",
  ])("is known by its words: %s", (text) => {
    expect(isThrottled(failure(text))).toBe(true);
    expect(isThrottled(failure(text, "write"))).toBe(false);
  });

  test.each([
    "rpc error: code = ResourceExhausted desc = grpc: received message larger than max (6291490 vs. 4194304)",
    "rpc error: code = Internal desc = store is down",
    "object 4291 was not found",
  ])("is not meant by: %s", (text) => {
    expect(isThrottled(failure(text))).toBe(false);
  });

  test("is left alone for an interval, then twice as long each time up to eight, never all at once", () => {
    const rests = (seed: number): number[] => {
      const random = seededRandom(seed);
      let restraint: Restraint | undefined;
      return Array.from({ length: 6 }, () => {
        restraint = restraintAfter(restraint, { now: 0, intervalMs: minutes(2), random });
        return restraint.until;
      });
    };
    rests(1).forEach((ms, round) => {
      const base = minutes(2) * Math.min(8, 2 ** round);
      expect(ms).toBeGreaterThanOrEqual(base * 0.8);
      expect(ms).toBeLessThanOrEqual(base * 1.2);
    });
    expect(rests(1)).not.toEqual(rests(2));
  });
});
