import { describe, expect, test } from "vitest";
import { parseDuration } from "../../core/go/duration.ts";
import { describeFlags, parseFlags } from "../../core/go/flags.ts";
import { parseEndpoint } from "../endpoint.ts";
import { DRIVER_FLAGS } from "./driver-flags.ts";

describe("flags", () => {
  test("have upstream's names and defaults", () => {
    expect(parseFlags([], DRIVER_FLAGS)).toMatchObject({
      endpoint: "unix://tmp/csi.sock",
      drivername: "secrets-store.csi.k8s.io",
      "provider-volume": "/var/run/secrets-store-csi-providers",
      "additional-provider-volume-paths": "/etc/kubernetes/secrets-store-csi-providers",
      "enable-secret-rotation": false,
      "rotation-poll-interval": 120_000,
      "max-call-recv-msg-size": 4_194_304,
      "provider-health-check-interval": 120_000,
      "metrics-addr": ":8095",
      "metrics-backend": "Prometheus",
    });
  });

  test("are read as pflag reads them", () => {
    const argv = [
      "--enable-secret-rotation",
      "--rotation-poll-interval",
      "1h30m",
      "-v",
      "4",
      "--nodeid=a=b",
      "--drivername",
      "",
    ];
    expect(parseFlags(argv, DRIVER_FLAGS)).toMatchObject({
      "enable-secret-rotation": true,
      "rotation-poll-interval": 5_400_000,
      v: 4,
      nodeid: "a=b",
      drivername: "",
    });
    expect(parseFlags(["--enable-secret-rotation=false"], DRIVER_FLAGS)["enable-secret-rotation"]).toBe(false);
  });

  test.each([
    [["--nope"], /unknown flag: --nope/],
    [["stray"], /unknown flag: stray/],
    [["--nodeid"], /flag needs an argument: --nodeid/],
    [["--rotation-poll-interval", "soon"], /invalid argument "soon" for "--rotation-poll-interval"/],
    [["--max-call-recv-msg-size=4MB"], /invalid argument "4MB"/],
    [["--enable-secret-rotation=maybe"], /invalid argument "maybe"/],
  ])("%j is one clear error", (argv, text) => {
    expect(() => parseFlags(argv, DRIVER_FLAGS)).toThrow(text);
  });

  test("are described a line each", () => {
    const lines = describeFlags(DRIVER_FLAGS).trimEnd().split("\n");
    expect(lines).toHaveLength(Object.keys(DRIVER_FLAGS).length);
    expect(lines[0]).toMatch(/^ {2}--endpoint string .*\(default unix:\/\/tmp\/csi\.sock\)$/);
  });
});

describe("durations", () => {
  test.each([
    ["2m", 120_000],
    ["1.5s", 1500],
    ["1h30m", 5_400_000],
    ["1ms", 1],
    ["0", 0],
    ["-1s", -1000],
  ])("%s", (text, ms) => expect(parseDuration(text)).toBe(ms));
  test.each(["", "5", "s", "1x", "1s ", "1 s"])("%j is none", (text) =>
    expect(() => parseDuration(text)).toThrow(/^time: /),
  );
});

describe("endpoints", () => {
  test.each([
    ["unix://tmp/csi.sock", { path: "/tmp/csi.sock" }],
    ["unix:///csi/csi.sock", { path: "/csi/csi.sock" }],
    ["UNIX:///x", { path: "/x" }],
    ["tcp://127.0.0.1:10000", { host: "127.0.0.1", port: 10_000 }],
    ["tcp://[::1]:0", { host: "::1", port: 0 }],
  ])("%s", (text, address) => expect(parseEndpoint(text)).toEqual(address));
  test.each(["/x/y.sock", "http://x", "unix://", "tcp://", "tcp://x:99999"])("%s is refused by name", (text) => {
    expect(() => parseEndpoint(text)).toThrow(`invalid endpoint: ${text}`);
  });
});
